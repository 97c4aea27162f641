"""A declaration says everything once: forms, checks and files all follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from nnstudio.spec import (
    Part,
    Place,
    ProblemError,
    boolean,
    choice,
    from_json,
    integer,
    part,
    parts,
    real,
    shape,
    text,
    to_json,
)


@dataclass(frozen=True)
class Wheel(Part):
    """Rolls."""

    kind: ClassVar[str] = "test wheel"
    name: ClassVar[str] = "wheel"
    title: ClassVar[str] = "Wheel"

    spokes: int = integer(8, minimum=3, maximum=64, label="Spokes", help="How many.")


@dataclass(frozen=True)
class Cart(Part):
    """Carries things.

    The second paragraph is not part of the sentence.
    """

    kind: ClassVar[str] = "test cart"
    name: ClassVar[str] = "cart"
    title: ClassVar[str] = "Cart"

    load: float = real(
        1.5, minimum=0.0, maximum=10.0, open_minimum=True, label="Load", help="In tonnes."
    )
    brake: bool = boolean(True, label="Brake", help="Whether it stops.")
    colour: str = choice(
        "red", label="Colour", help="Its paint.", options=(("red", "Red"), ("blue", "Blue"))
    )
    owner: str = text("", label="Owner", help="Whose it is.")
    box: tuple[int, ...] = shape((2, 3), label="Box", help="Its sizes.")
    wheel: Wheel = part(Wheel, kind="test wheel", label="Wheel", help="What it rolls on.")
    spare: Wheel | None = part(
        None, kind="test wheel", optional=True, label="Spare", help="One more."
    )


def test_a_part_is_known_by_its_kind_and_name():
    assert parts("test cart") == {"cart": Cart}
    assert Cart.sentence() == "Carries things."
    assert [field.name for field in Cart.fields()][:2] == ["load", "brake"]


def test_the_json_form_holds_every_field_and_reads_back_equal():
    cart = Cart(load=2.0, brake=False, colour="blue", owner="Ada", box=(4,), spare=Wheel(12))
    assert to_json(cart)["spare"] == {"type": "wheel", "spokes": 12}
    assert from_json("test cart", to_json(cart)) == cart
    assert from_json("test cart", {"type": "cart"}) == Cart()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"load": 0.0}, "Load must lie between 0 and 10, not 0"),
        ({"load": float("nan")}, "Load must be a finite number, not nan"),
        ({"load": "heavy"}, "Load must be a number, not 'heavy'"),
        ({"brake": 1}, "Brake must be on or off, not 1"),
        ({"colour": "green"}, "Colour must be one of red, blue, not 'green'"),
        ({"box": (2, 0)}, "Box must lie between 1 and 100,000,000, not 0"),
        ({"box": (1,) * 9}, "Box may have at most 8 axes, not 9"),
        ({"wheel": None}, "Wheel needs a value"),
        ({"wheel": "round"}, "Wheel must be a test wheel, not 'round'"),
    ],
)
def test_a_value_out_of_its_range_is_refused_with_a_sentence(change, sentence):
    with pytest.raises(ProblemError) as refused:
        Cart(**change)
    (problem,) = refused.value.problems
    assert problem.title == f"Cart: {sentence}"
    assert problem.where.field == next(iter(change))


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ({"type": "sledge"}, "There is no test cart named 'sledge'"),
        ({"type": "cart", "sail": 1}, "Cart has no setting named 'sail'"),
        ({"type": "cart", "wheel": {"type": "wheel", "spokes": 2}}, "Wheel: Spokes must lie"),
        ([], "A test cart is not written as an object"),
        ({"type": "cart", "wheel": 5}, "A test wheel is not written as an object"),
    ],
)
def test_a_file_with_a_wrong_part_is_refused_with_the_place(written, title):
    with pytest.raises(ProblemError) as refused:
        from_json("test cart", written, Place("node", "cart-1"))
    assert refused.value.problems[0].title.startswith(title)
    assert refused.value.problems[0].where.id == "cart-1"


def test_two_parts_cannot_share_a_name():
    with pytest.raises(TypeError, match="two parts"):

        @dataclass(frozen=True)
        class Other(Part):
            kind: ClassVar[str] = "test cart"
            name: ClassVar[str] = "cart"


def test_the_range_is_readable():
    ranges = {field.name: field.range_text() for field in Cart.fields()}
    assert ranges["load"] == "0-10"
    assert Wheel.fields()[0].range_text() == "3-64"
