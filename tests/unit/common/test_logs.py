"""What the logs say of an exception: where it passed, and nothing of what was in hand there."""

import json

import pytest
import structlog

from common.telemetry import logs


@pytest.fixture(params=["json", "text"])
def form(request):
    yield request.param
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def fail_with(passphrase):
    proof = (("POLY_PASSPHRASE", passphrase),)
    raise RuntimeError(f"expected {len(proof)} answers, found none")


def test_a_logged_exception_names_the_function_and_shows_no_variable_of_it(capsys, form):
    logs.configure("executor", form=form, level="info")
    try:
        fail_with("correct horse battery staple")
    except RuntimeError:
        structlog.get_logger().exception("farewell_unanswered")

    line = capsys.readouterr().out
    assert "fail_with" in line
    assert "expected 1 answers, found none" in line
    assert "battery" not in line.replace('fail_with("correct horse battery staple")', "")
    if form == "json":
        assert "locals" not in json.dumps(json.loads(line))
