"""What `doctor` holds true of the values of one's own fields."""

from takt.kernel.fields.models import Entity
from takt.kernel.lib.checks import declare_sql

for _entity in Entity.values:
    declare_sql(
        f"fields.{_entity}_values_known",
        f"every value of a {_entity}'s own fields belongs to a field that exists, retired or not",
        f"""
        SELECT r.id, k AS slug FROM {_entity} r, jsonb_object_keys(r.custom) k WHERE r.custom <> '{{}}' AND NOT EXISTS (
            SELECT 1 FROM field_definition f
            WHERE f.entity = '{_entity}' AND f.slug = k AND (f.only_record IS NULL OR f.only_record = r.id)
        )
        """,
    )
