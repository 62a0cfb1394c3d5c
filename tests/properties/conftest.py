"""How far the machines walk: `HYPOTHESIS_PROFILE=full` is what bin/check --full sets, a short walk is the rule."""

import os

from hypothesis import HealthCheck, Phase, settings

COMMON = {
    "deadline": None,
    # A test rolls back what each example wrote, so a fixture may serve them all.
    "suppress_health_check": [
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
    "print_blob": True,
    "report_multiple_bugs": False,
    # Without the phase that explains: it traces every line and makes the search many times slower.
    "phases": (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
}
# The short walk is the same every time, so that a change that is refused is refused for a reason.
settings.register_profile(
    "check", max_examples=30, stateful_step_count=25, derandomize=True, database=None, **COMMON
)  # type: ignore[arg-type]
settings.register_profile("full", max_examples=300, stateful_step_count=50, **COMMON)  # type: ignore[arg-type]
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "check"))
