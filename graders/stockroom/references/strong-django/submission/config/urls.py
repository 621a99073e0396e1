"""Paths. Each maps its methods to views; anything else is 404 or 405."""

from __future__ import annotations

from django.urls import path
from shop import account_views, item_views, order_views
from shop.http import by_method, healthz, server_error, unknown_path

urlpatterns = [
    path("healthz", by_method(GET=healthz)),
    path("auth/register", by_method(POST=account_views.register)),
    path("auth/token", by_method(POST=account_views.token)),
    path("items", by_method(GET=item_views.index, POST=item_views.create)),
    path(
        "items/<str:item_id>",
        by_method(GET=item_views.show, PUT=item_views.replace, DELETE=item_views.remove),
    ),
    path("items/<str:item_id>/adjust", by_method(POST=item_views.adjust)),
    path("orders", by_method(GET=order_views.index, POST=order_views.create)),
    path("orders/<str:order_id>", by_method(GET=order_views.show)),
]

handler404 = unknown_path
handler500 = server_error
