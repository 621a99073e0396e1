"""Tables."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import models


def new_id() -> str:
    return secrets.token_urlsafe(15)


class User(models.Model):
    id = models.CharField(primary_key=True, max_length=64, default=new_id, editable=False)
    # ASCII letters in lower case.
    email = models.CharField(max_length=254, unique=True)
    password = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)


class Item(models.Model):
    id = models.CharField(primary_key=True, max_length=64, default=new_id, editable=False)
    owner = models.ForeignKey(User, on_delete=models.PROTECT)
    sku = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    stock = models.PositiveBigIntegerField()
    version = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["owner", "sku"], name="one_sku_per_owner"),)
        indexes = (
            models.Index(fields=["created_at", "id"], name="item_created_at"),
            models.Index(fields=["name", "id"], name="item_name"),
            models.Index(fields=["stock", "id"], name="item_stock"),
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "sku": self.sku,
            "name": self.name,
            "stock": self.stock,
            "version": self.version,
            "owner_id": self.owner_id,
            "created_at": self.created_at.isoformat(timespec="microseconds"),
        }


class Order(models.Model):
    id = models.CharField(primary_key=True, max_length=64, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT)
    item = models.ForeignKey(Item, on_delete=models.PROTECT)
    quantity = models.PositiveBigIntegerField()
    unit_price_cents = models.PositiveBigIntegerField()
    total_cents = models.PositiveBigIntegerField()
    status = models.CharField(max_length=20, default="confirmed")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (models.Index(fields=["user", "created_at", "id"], name="order_of_user"),)

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "item_id": self.item_id,
            "quantity": self.quantity,
            "unit_price_cents": self.unit_price_cents,
            "total_cents": self.total_cents,
            "status": self.status,
            "created_at": self.created_at.isoformat(timespec="microseconds"),
        }

    def with_item(self) -> dict[str, Any]:
        item = {"id": self.item_id, "sku": self.item.sku, "name": self.item.name}
        return {**self.as_json(), "item": item}


class OrderKey(models.Model):
    """An idempotency key. Without an order it is a claim, which ends at `claimed_until`."""

    user = models.ForeignKey(User, on_delete=models.PROTECT)
    key = models.CharField(max_length=255)
    body_digest = models.CharField(max_length=64)
    claim = models.CharField(max_length=64, default=new_id)
    # Seconds since 1970.
    claimed_until = models.FloatField()
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "key"], name="one_key_per_user"),)
