"""The first tables."""

import django.db.models.deletion
from django.db import migrations, models

import shop.models


class Migration(migrations.Migration):
    initial = True

    dependencies = ()

    operations = (
        migrations.CreateModel(
            name="Item",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=shop.models.new_id,
                        editable=False,
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("sku", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=200)),
                ("stock", models.PositiveBigIntegerField()),
                ("version", models.PositiveBigIntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=shop.models.new_id,
                        editable=False,
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("email", models.CharField(max_length=254, unique=True)),
                ("password", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=shop.models.new_id,
                        editable=False,
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("quantity", models.PositiveBigIntegerField()),
                ("unit_price_cents", models.PositiveBigIntegerField()),
                ("total_cents", models.PositiveBigIntegerField()),
                ("status", models.CharField(default="confirmed", max_length=20)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("item", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="shop.item")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="shop.user")),
            ],
        ),
        migrations.AddField(
            model_name="item",
            name="owner",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="shop.user"),
        ),
        migrations.CreateModel(
            name="OrderKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=255)),
                ("body_digest", models.CharField(max_length=64)),
                ("claim", models.CharField(default=shop.models.new_id, max_length=64)),
                ("claimed_until", models.FloatField()),
                (
                    "order",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to="shop.order"
                    ),
                ),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="shop.user")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "key"), name="one_key_per_user")],
            },
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["user", "created_at", "id"], name="order_of_user"),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["created_at", "id"], name="item_created_at"),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["name", "id"], name="item_name"),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["stock", "id"], name="item_stock"),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.UniqueConstraint(fields=("owner", "sku"), name="one_sku_per_owner"),
        ),
    )
