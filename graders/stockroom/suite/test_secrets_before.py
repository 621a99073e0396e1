"""Secrets: users whose stored passwords are looked at when the service has stopped."""

from shop import Shop, new_password
from takehome_suite.outcome import expect_status
from takehome_suite.run import Run, State


def test_users_with_one_password_can_log_in(shop: Shop, run: Run, state: State) -> None:
    rng = run.random("vault")
    shared = new_password(rng)
    users = [shop.has_user(rng, password=shared), shop.has_user(rng, password=shared), shop.has_user(rng)]
    state.note("vault", [{"id": user.id, "email": user.email, "password": user.password} for user in users])
    answer = shop.call("POST", "/auth/token", {"email": users[1].email, "password": shared})
    expect_status(answer, 200, "logging in as the second user with the same password")
