"""What a file of each kind may hold, and the headings under which it's found by itself."""

from takt.gateways.transfer.fields.field import Field
from takt.gateways.transfer.fields.headings import mapped
from takt.gateways.transfer.fields.kinds import FIELDS, KINDS, REQUIRED, field_of, fields_of

__all__ = ["FIELDS", "Field", "KINDS", "REQUIRED", "field_of", "fields_of", "mapped"]
