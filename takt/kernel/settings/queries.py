from takt.kernel.settings.models import Setting
from takt.kernel.settings.rules import PARAMETERS


def value_of(key: str) -> int:
    """The parameter as the administrator set it, or its default."""
    found = Setting.objects.filter(key=key).values_list("value", flat=True).first()
    return PARAMETERS[key].default if found is None else int(found)


def all_values() -> dict[str, int]:
    found = dict(Setting.objects.values_list("key", "value"))
    return {key: int(found.get(key, p.default)) for key, p in PARAMETERS.items()}
