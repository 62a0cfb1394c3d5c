import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takt.config.settings")
application = get_wsgi_application()

# What has been loaded stays for good, and a page makes tens of thousands of short-lived objects: to look through
# them for cycles after every 700 costs a tenth of each answer.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
