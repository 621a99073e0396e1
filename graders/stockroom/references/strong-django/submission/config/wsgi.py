"""What gunicorn serves: Django, inside the request log."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.wsgi import get_wsgi_application  # isort: skip

django_application = get_wsgi_application()

from shop.logs import RequestLog  # isort: skip
from shop.startup import migrate_once  # isort: skip

migrate_once()
application = RequestLog(django_application)
