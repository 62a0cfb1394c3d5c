from django.db import migrations

REFUSE = """
CREATE FUNCTION bonus_sheet_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.person_id, NEW.month, NEW.percent, NEW.ledger, NEW.seal, NEW.approved_by_id, NEW.approved_at)
        IS DISTINCT FROM
        (OLD.person_id, OLD.month, OLD.percent, OLD.ledger, OLD.seal, OLD.approved_by_id, OLD.approved_at)
        OR OLD.reopened_at IS NOT NULL
    THEN RAISE EXCEPTION 'an approved bonus is never changed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bonus_sheet_stays BEFORE UPDATE OR DELETE ON bonus_sheet
    FOR EACH ROW EXECUTE FUNCTION bonus_sheet_stays();
"""
ALLOW = """
DROP TRIGGER bonus_sheet_stays ON bonus_sheet;
DROP FUNCTION bonus_sheet_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("bonus", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
