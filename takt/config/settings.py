"""Django's settings; what differs between installations comes from the environment alone (`env.py`)."""

from pathlib import Path

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from takt.config.env import env

ROOT = Path(__file__).resolve().parents[2]

SECRET_KEY = env.secret_key
DEBUG = env.debug
ALLOWED_HOSTS = env.allowed_hosts
TAKT_BASE_URL = env.base_url
TAKT_CURRENCY = env.currency
TAKT_DATA_DIR = env.data_dir

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "procrastinate.contrib.django",
    "takt.ops.demo",
    "takt.ops.doctor",
    "takt.ops.backup",
    "takt.ops.bench",
    "takt.gateways.transfer",
    "takt.gateways.intake",
    "takt.insight.metrics",
    "takt.insight.rituals",
    "takt.insight.bonus",
    "takt.insight.audits",
    "takt.insight.pace",
    "takt.office.notifications",
    "takt.office.approvals",
    "takt.sales.customers",
    "takt.sales.deals",
    "takt.sales.activities",
    "takt.sales.contacts",
    "takt.sales.catalog",
    "takt.kernel.recycling",
    "takt.kernel.lists",
    "takt.kernel.fields",
    "takt.kernel.files",
    "takt.kernel.undo",
    "takt.kernel.access",
    "takt.kernel.settings",
    "takt.kernel.money",
    "takt.kernel.accounts",
    "takt.kernel.jobs",
    "takt.kernel.events",
    "takt.kernel.ui",
]
INSTALLED_APPS = [
    a
    for a in INSTALLED_APPS
    if not a.startswith("takt.") or (ROOT / a.replace(".", "/") / "apps.py").exists()
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.common.CommonMiddleware",  # refuses a host that isn't ours
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "takt.kernel.access.middleware.signed_in",
    "takt.kernel.access.programs.programs",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "takt.kernel.access.middleware.refusals",
    "takt.kernel.access.middleware.once",
]

ROOT_URLCONF = "takt.config.urls"
WSGI_APPLICATION = "takt.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "environment": "takt.kernel.ui.environment.environment",
            "context_processors": [
                "django.contrib.messages.context_processors.messages",
                "takt.kernel.ui.context.ui",
            ],
        },
    },
    {
        # For third-party pages only.
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]

DATABASES = env.database()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
APPEND_SLASH = False
LOGIN_URL = "/sign-in"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
if env.testing:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

globals().update(env.email())
TAKT_SENDS_MAIL = env.sends_mail

USE_TZ = True
TIME_ZONE = env.time_zone
LANGUAGE_CODE = env.language
LANGUAGES = [("en", _("English")), ("ru", _("Russian")), ("zh-hans", _("Chinese"))]
LOCALE_PATHS = [ROOT / "locale"]

STATIC_URL = "/static/"
STATIC_ROOT = ROOT / "static-built"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if env.debug or env.testing
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = env.debug or env.testing
WHITENOISE_AUTOREFRESH = env.debug

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:", "blob:"],
    "connect-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
    "manifest-src": [CSP.SELF],
    "worker-src": [CSP.SELF],
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
AUTHENTICATION_BACKENDS = ["takt.kernel.accounts.backend.Backend"]
SESSION_ENGINE = "takt.kernel.accounts.sessions"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.base_url.startswith("https:")
CSRF_TRUSTED_ORIGINS = [env.base_url] if env.base_url else []
CSRF_FAILURE_VIEW = "takt.kernel.access.views.csrf_failed"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = [
    "takt.kernel.files.uploading.Limited",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
