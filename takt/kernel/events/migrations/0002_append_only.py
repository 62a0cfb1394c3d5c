from django.db import migrations

REFUSE = """
CREATE FUNCTION event_is_permanent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the event table is append-only';
END $$;
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON event
    FOR EACH ROW EXECUTE FUNCTION event_is_permanent();
CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION event_is_permanent();
CREATE TRIGGER event_subject_append_only BEFORE UPDATE OR DELETE ON event_subject
    FOR EACH ROW EXECUTE FUNCTION event_is_permanent();
CREATE TRIGGER event_subject_no_truncate BEFORE TRUNCATE ON event_subject
    FOR EACH STATEMENT EXECUTE FUNCTION event_is_permanent();
"""
ALLOW = """
DROP TRIGGER event_append_only ON event;
DROP TRIGGER event_no_truncate ON event;
DROP TRIGGER event_subject_append_only ON event_subject;
DROP TRIGGER event_subject_no_truncate ON event_subject;
DROP FUNCTION event_is_permanent();
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
