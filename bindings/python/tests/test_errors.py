"""Error codes are the server's and the client's, to the letter."""

import pathlib
import re

import nija
import pytest
from nija import errors

ROOT = pathlib.Path(__file__).resolve().parents[3]
SERVER = dict(
    (code, int(status))
    for status, code in re.findall(r'= (\d{3}) "(\w+)"', (ROOT / "nija-server/src/problem/kinds.rs").read_text())
)
CLIENT = set(re.findall(r'Self::\w+.* => "(\w+)"', (ROOT / "nija-client/src/error.rs").read_text()))


def test_every_code_exists():
    assert SERVER and {"network", "order_unsure", "signed_out"} <= CLIENT
    assert set(errors._CLASSES) <= SERVER.keys() | CLIENT


@pytest.mark.parametrize(("status", "kind"), [(401, nija.NotSignedIn), (404, nija.NotFound)])
def test_every_code_of_a_status_is_of_its_class(status, kind):
    # A stream ticket is nothing that this package asks for.
    codes = {code for code, its in SERVER.items() if its == status} - {"ticket_refused"}
    assert codes and {errors._CLASSES.get(code) for code in codes} == {kind}


def test_the_engine_in_this_process_uses_codes_of_the_server():
    text = (ROOT / "src/wire/code.rs").read_text()
    used = set(re.findall(r'"(\w+)"', text)) - {"data_dir", "config"}
    assert used and used <= SERVER.keys()
