"""Tables, as SQLAlchemy Core metadata."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", String, primary_key=True),
    Column("email", String, nullable=False),
    # The address with ASCII letters in lower case: what "the same address" means.
    Column("email_key", String, nullable=False, unique=True),
    Column("password_hash", String, nullable=False),
    Column("created_at", String, nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("id", String, primary_key=True),
    Column("owner_id", ForeignKey("users.id"), nullable=False),
    Column("sku", String, nullable=False),
    Column("name", String, nullable=False),
    Column("stock", Integer, CheckConstraint("stock >= 0"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", String, nullable=False),
    UniqueConstraint("owner_id", "sku"),
    Index("items_created_at", "created_at", "id"),
    Index("items_name", "name", "id"),
    Index("items_stock", "stock", "id"),
)

orders = Table(
    "orders",
    metadata,
    Column("id", String, primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("item_id", ForeignKey("items.id"), nullable=False),
    Column("quantity", Integer, CheckConstraint("quantity > 0"), nullable=False),
    Column("unit_price_cents", Integer, nullable=False),
    Column("total_cents", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("created_at", String, nullable=False),
    Index("orders_user", "user_id", "created_at", "id"),
    Index("orders_item", "item_id"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("key", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    # Who may finish a pending request, and until when nobody else may.
    Column("lease", String, nullable=False),
    Column("lease_ends", Float, nullable=False),
    # The stored 201 answer; empty while the request is pending.
    Column("answer", String),
    PrimaryKeyConstraint("user_id", "key"),
)
