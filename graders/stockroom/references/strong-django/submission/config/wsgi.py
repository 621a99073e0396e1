"""What gunicorn serves: Django, inside the request log."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application


def _application() -> object:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django_application = get_wsgi_application()

    # These need Django to be set up.
    from shop.logs import RequestLog
    from shop.startup import migrate_once

    migrate_once()
    return RequestLog(django_application)


application = _application()
