"""Sequences: whatever the order of operations, items, stock and orders are what a small model says."""

import itertools
import random
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from shop import REFUSED, User, entity, tag
from takehome_suite.client import Recorder
from takehome_suite.generated import Budget, Model, run_model
from takehome_suite.outcome import expect, expect_equal, expect_status
from takehome_suite.run import Run

SECONDS = 12.0
STOCKS = st.one_of(st.integers(0, 5), st.integers(0, 2**31 - 1))
# Quotes and wildcards have tests of their own: one mistake should be found by one test.
NAMES = st.text(st.sampled_from("aB z9-\u00e9\u6771\U0001f4e6"), min_size=1, max_size=12)


class ShopModel(Model):
    """What both machines know: items of the seller, by id, as they should be."""

    seller: User
    buyer: User
    skus: "itertools.count[int]"
    stem: str

    def __init__(self) -> None:
        super().__init__()
        self.items: dict[str, dict[str, Any]] = {}
        self.gone: list[str] = []

    def busy(self) -> bool:
        """Whether steps are still carried out."""
        return not self.budget.over()

    def pick(self, number: int) -> str:
        """One of the items."""
        return list(self.items)[number % len(self.items)]

    def new_item(self, name: str, stock: int) -> str:
        """Creates an item with a sku that was never used."""
        body = {"sku": f"{self.stem}-{next(self.skus)}", "name": name, "stock": stock}
        self.tell(f"create an item with name {name!a} and stock {stock}")
        answer = self.seller.create_item(body)
        expect_status(answer, 201, "creating an item")
        item_id = str(entity(answer, 201, "creating an item")["id"])
        expect(item_id not in self.items, "A new item should have a new id, but has one that is in use.")
        # Ids of what is deleted may come again.
        self.gone = [gone for gone in self.gone if gone != item_id]
        self.items[item_id] = body
        return item_id

    def change_stock(self, item_id: str, delta: int) -> None:
        """Adjusts the stock as far as it does."""
        stock = self.items[item_id]["stock"] + delta
        self.tell(f"adjust a stock of {self.items[item_id]['stock']} by {delta}")
        answer = self.seller.adjust(item_id, delta)
        if stock < 0:
            expect_status(answer, 409, f"adjusting a stock of {stock - delta} by {delta}")
            return
        if stock > 2**31 - 1 and answer.status != 200:
            # Larger numbers need not work.
            expect_status(answer, (*REFUSED, 409), f"adjusting a stock of {stock - delta} by {delta}")
            return
        expect_status(answer, 200, f"adjusting a stock of {stock - delta} by {delta}")
        self.items[item_id]["stock"] = stock
        expect_equal(answer.object().get("stock"), stock, "The stock after adjusting")

    def remove(self, item_id: str) -> None:
        """Deletes an item."""
        self.tell("delete an item")
        expect_status(self.seller.delete_item(item_id), 204, "deleting an item")
        del self.items[item_id]
        self.gone.append(item_id)

    def look(self, item_id: str) -> None:
        """Compares an item with the model."""
        answer = self.seller.get_item(item_id)
        expect_status(answer, 200, "reading an item")
        seen = answer.object()
        expect_equal({name: seen.get(name) for name in self.items[item_id]}, self.items[item_id], "The item")


class ItemsModel(ShopModel):
    """Create, read, change, adjust and delete."""

    @rule(name=NAMES, stock=STOCKS)
    def create(self, name: str, stock: int) -> None:
        if self.busy():
            with self.judged():
                self.look(self.new_item(name, stock))

    @precondition(lambda self: self.items)
    @rule(number=st.integers(0, 50))
    def create_with_a_used_sku(self, number: int) -> None:
        if self.busy():
            with self.judged():
                item_id = self.pick(number)
                self.tell("create an item with a sku that is in use")
                body = {"sku": self.items[item_id]["sku"], "name": "Twice", "stock": 1}
                expect_status(
                    self.seller.create_item(body), 409, "creating an item with a sku that is in use"
                )
                self.look(item_id)

    @rule(name=NAMES)
    def create_badly(self, name: str) -> None:
        if self.busy():
            with self.judged():
                self.tell("create an item with a stock of -1")
                body = {"sku": f"{self.stem}-{next(self.skus)}", "name": name, "stock": -1}
                expect_status(self.seller.create_item(body), REFUSED, "creating an item with a stock of -1")

    @precondition(lambda self: self.items)
    @rule(number=st.integers(0, 50), name=NAMES, stock=STOCKS)
    def put(self, number: int, name: str, stock: int) -> None:
        if self.busy():
            with self.judged():
                item_id = self.pick(number)
                self.tell(f"change an item to name {name!a} and stock {stock}")
                version = self.seller.sees_item(item_id).get("version")
                answer = self.seller.put_item(item_id, {"name": name, "stock": stock}, tag(version))
                expect_status(answer, 200, "changing an item with its present tag")
                self.items[item_id] |= {"name": name, "stock": stock}
                self.look(item_id)

    @precondition(lambda self: self.items)
    @rule(number=st.integers(0, 50))
    def put_badly(self, number: int) -> None:
        if self.busy():
            with self.judged():
                item_id = self.pick(number)
                self.tell("change an item with an empty name")
                answer = self.seller.put_item(item_id, {"name": "", "stock": 3}, "*")
                expect_status(answer, REFUSED, "changing an item with an empty name")
                self.look(item_id)

    @precondition(lambda self: self.items)
    @rule(number=st.integers(0, 50), delta=st.integers(-9, 9).filter(bool))
    def adjust(self, number: int, delta: int) -> None:
        if self.busy():
            with self.judged():
                item_id = self.pick(number)
                self.change_stock(item_id, delta)
                self.look(item_id)

    @precondition(lambda self: self.items)
    @rule(number=st.integers(0, 50))
    def delete(self, number: int) -> None:
        if self.busy():
            with self.judged():
                self.remove(self.pick(number))

    @precondition(lambda self: self.gone)
    @rule(number=st.integers(0, 50))
    def use_a_deleted_item(self, number: int) -> None:
        if self.busy():
            with self.judged():
                item_id = self.gone[number % len(self.gone)]
                self.tell("read and adjust a deleted item")
                expect_status(self.seller.get_item(item_id), 404, "reading a deleted item")
                expect_status(self.seller.adjust(item_id, 1), 404, "adjusting a deleted item")

    def teardown(self) -> None:
        if self.busy() and self.steps:
            with self.judged():
                self.tell("list all items")
                mine = [
                    item for item in self.seller.walks_items() if str(item.get("sku")).startswith(self.stem)
                ]
                listed = {
                    item["id"]: {name: item.get(name) for name in ("sku", "name", "stock")} for item in mine
                }
                expect_equal(
                    {key: listed.get(key) for key in self.items}, self.items, "The items in the list"
                )
                left = [item_id for item_id in self.gone if item_id in listed]
                expect(not left, "A deleted item should not be listed, but is.", observed=left)


class OrdersModel(ShopModel):
    """Order, repeat, adjust and delete."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: dict[str, dict[str, Any]] = {}

    @rule(stock=st.integers(0, 9))
    def create(self, stock: int) -> None:
        if self.busy():
            with self.judged():
                self.new_item("Ordered", stock)

    @precondition(lambda self: self.items)
    @rule(number=st.integers(0, 50), quantity=st.integers(1, 9))
    def order(self, number: int, quantity: int) -> None:
        if self.busy():
            with self.judged():
                item_id = self.pick(number)
                stock = self.items[item_id]["stock"]
                self.tell(f"order {quantity} of a stock of {stock}")
                key = f"{self.stem}-{next(self.skus)}"
                answer = self.buyer.order(item_id, quantity, key)
                if quantity > stock:
                    expect_status(answer, 409, f"ordering {quantity} of {stock}")
                else:
                    expect_status(answer, 201, f"ordering {quantity} of {stock}")
                    entity(answer, 201, "placing an order")
                    expect_equal(answer.object().get("quantity"), quantity, "The quantity of the order")
                    self.orders[key] = answer.object()
                    self.items[item_id]["stock"] -= quantity
                self.look(item_id)

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 50))
    def repeat(self, number: int) -> None:
        if self.busy():
            with self.judged():
                key = list(self.orders)[number % len(self.orders)]
                first = self.orders[key]
                self.tell(f"repeat an order of {first.get('quantity')} with its key")
                answer = self.buyer.order(first.get("item_id"), first.get("quantity"), key)
                expect_status(answer, 201, "repeating an order with its key")
                expect_equal(answer.object(), first, "The answer to the repeated order")
                self.look(str(first.get("item_id")))

    @precondition(lambda self: self.items)
    @rule(number=st.integers(0, 50), delta=st.integers(-9, 9).filter(bool))
    def adjust(self, number: int, delta: int) -> None:
        if self.busy():
            with self.judged():
                self.change_stock(self.pick(number), delta)

    def unordered(self) -> list[str]:
        """The items without orders; what deleting another one does is the matter of another test."""
        ordered = {order.get("item_id") for order in self.orders.values()}
        return [item_id for item_id in self.items if item_id not in ordered]

    @precondition(lambda self: self.unordered())
    @rule(number=st.integers(0, 50))
    def delete_and_order(self, number: int) -> None:
        if self.busy():
            with self.judged():
                item_id = self.unordered()[number % len(self.unordered())]
                self.remove(item_id)
                self.tell("order the deleted item")
                answer = self.buyer.order(item_id, 1, f"{self.stem}-{next(self.skus)}")
                expect_status(answer, 404, "ordering a deleted item")

    def teardown(self) -> None:
        if self.busy() and self.orders:
            with self.judged():
                self.tell("list all own orders")
                listed = {order["id"]: order for order in self.buyer.walks_orders()}
                for order in self.orders.values():
                    seen = listed.get(str(order.get("id")), {})
                    names = ("item_id", "quantity", "status")
                    expect_equal(
                        [seen.get(name) for name in names],
                        [order.get(name) for name in names],
                        "The listed order",
                    )
                ids = {order["id"] for order in listed.values() if order.get("item_id") in self.items}
                expect_equal(
                    sorted(ids),
                    sorted(order["id"] for order in self.orders.values()),
                    "The ids of the orders",
                )


def prepare(
    model: type[ShopModel], owner: User, stranger: User, recorder: Recorder, rng: random.Random
) -> type[ShopModel]:
    """The machine with what it needs; the skus stay unique over all its runs."""
    owner.sees_item(owner.has_item(rng)["id"])
    stranger.token()
    shared = {
        "seller": owner,
        "buyer": stranger,
        "skus": itertools.count(),
        "stem": f"model-{rng.getrandbits(64):016x}",
        "recorder": recorder,
        "budget": Budget(SECONDS),
    }
    return type(model.__name__, (model,), shared)


def test_items_follow_the_model(
    owner: User, stranger: User, recorder: Recorder, run: Run, rng: random.Random
) -> None:
    run_model(prepare(ItemsModel, owner, stranger, recorder, rng), seed=run.seed, runs=15, steps=20)


def test_orders_follow_the_model(
    owner: User, stranger: User, recorder: Recorder, run: Run, rng: random.Random
) -> None:
    owner.has_order(rng, owner.has_item(rng))
    run_model(prepare(OrdersModel, owner, stranger, recorder, rng), seed=run.seed, runs=15, steps=20)
