"""A form is read strictly, and shown again with its errors tied to its fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardservice.webkit.forms import Form, MalformedForm, Shown, read_form, read_query
from cardservice.webkit.pages import Pages

URLENCODED = "application/x-www-form-urlencoded"
HOSTILE = "\"><script>alert(1)</script>'&"


def fields(body: bytes) -> Form:
    return read_form(body, URLENCODED)


def test_a_field_is_trimmed_but_a_password_is_not() -> None:
    form = fields(b"nom=+Camille+&mot_de_passe=+deux+mots+")
    assert form.text("nom") == "Camille"
    assert form.raw("mot_de_passe") == " deux mots "


def test_an_absent_field_is_empty_and_an_absent_box_not_ticked() -> None:
    form = fields(b"vide=&coche=oui")
    assert (form.text("rien"), form.raw("rien"), form.all("rien")) == ("", "", [])
    assert form.checked("coche") and not form.checked("vide") and not form.checked("rien")


def test_several_boxes_of_one_name_come_in_their_order() -> None:
    assert fields(b"point=3&point=1&point=2").all("point") == ["3", "1", "2"]


@pytest.mark.parametrize("read", [Form.text, Form.raw, Form.checked])
def test_a_field_that_comes_twice_where_one_is_meant_is_no_form(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(MalformedForm):
        read(fields(b"montant=10&montant=99"), "montant")


@pytest.mark.parametrize(
    "body",
    [
        b"a=%ff%fe",
        b"a=%00",
        b"a=%1b[31m",
        b"a=%08",
        b"&".join(b"a%d=1" % number for number in range(201)),
    ],
    ids=["not UTF-8", "NUL", "escape", "backspace", "201 fields"],
)
def test_what_nobody_types_is_no_form(body: bytes) -> None:
    with pytest.raises(MalformedForm):
        fields(body)


@pytest.mark.parametrize("kind", ["", "application/json", "multipart/form-data; boundary=x"])
def test_another_kind_of_body_is_no_form(kind: str) -> None:
    with pytest.raises(MalformedForm):
        read_form(b"a=1", kind)


def test_the_charset_of_the_content_type_changes_nothing() -> None:
    assert read_form(b"a=%C3%A9", f"{URLENCODED}; charset=UTF-8").text("a") == "é"


def test_lines_of_a_text_are_kept_and_ended_alike() -> None:
    assert fields(b"raison=une%0D%0Adeux%0Atrois%09").raw("raison") == "une\ndeux\ntrois\t"


@given(st.binary(max_size=200))
def test_whatever_arrives_is_a_form_or_none_and_nothing_else(body: bytes) -> None:
    for read in (fields, read_query):
        try:
            form = read(body)
        except MalformedForm:
            continue
        assert isinstance(form, Form)


def rendered(macro: str, form: Shown) -> str:
    """One macro of the kit, as a page would show it."""
    name = macro.partition("(")[0]
    source = '{% from "kit/forms.html" import ' + name + " %}{{ " + macro + " }}"
    return Pages("partner_portal").environment.from_string(source).render(form=form)


FIELDS = (
    'field(form, "champ", "Champ")',
    'password(form, "champ", "Champ")',
    'one_time_code(form, "champ", "Champ")',
    'amount(form, "champ", "Champ")',
    'lines(form, "champ", "Champ")',
    'choice(form, "champ", "Champ", [("1", "Un")])',
    'boxes(form, "champ", "Champ", [("1", "Un", "")])',
    'box(form, "champ", "Champ")',
)


@pytest.mark.parametrize("macro", FIELDS)
def test_a_field_names_only_descriptions_that_stand_on_the_page(macro: str) -> None:
    plain = rendered(macro, Shown())
    assert "aria-describedby" not in plain and "aria-invalid" not in plain
    wrong = rendered(macro, Shown({}, {"champ": "Choisissez."}))
    assert 'aria-describedby="e-champ"' in wrong
    assert 'id="e-champ">Choisissez.</p>' in wrong
    if not macro.startswith("boxes"):
        assert 'aria-invalid="true"' in wrong


@pytest.mark.parametrize("macro", [macro for macro in FIELDS if not macro.startswith("box(")])
def test_an_example_is_read_out_before_the_error(macro: str) -> None:
    with_hint = macro.removesuffix(")") + ', hint="Exemple")'
    wrong = rendered(with_hint, Shown({}, {"champ": "Choisissez."}))
    assert 'aria-describedby="h-champ e-champ"' in wrong and 'id="h-champ"' in wrong
    assert 'aria-describedby="h-champ"' in rendered(with_hint, Shown())


@pytest.mark.parametrize("macro", FIELDS)
def test_what_was_typed_is_shown_as_text_and_never_as_a_page(macro: str) -> None:
    shown = rendered(macro, Shown({"champ": HOSTILE}, {"champ": HOSTILE}))
    assert "<script" not in shown and "'&" not in shown


def test_a_password_is_never_sent_back() -> None:
    form = Shown({"champ": "quatre mots"})
    assert "quatre" not in rendered('password(form, "champ", "Champ")', form)
    assert "quatre" not in rendered('field(form, "champ", "Champ", type="password")', form)
    assert "quatre" not in rendered('one_time_code(form, "champ", "Champ")', form)


def test_the_summary_leads_to_each_field_and_says_how_many() -> None:
    one = rendered("error_summary(form)", Shown({}, {"nom": "Donnez un nom."}))
    assert 'href="#f-nom"' in one and "Une chose est à corriger" in one and 'role="alert"' in one
    two = rendered("error_summary(form)", Shown({}, {"nom": "Donnez un nom.", "": "Trop tard."}))
    assert "Plusieurs choses" in two and two.count("<a ") == 1 and "Trop tard." in two
    assert rendered("error_summary(form)", Shown()).strip() == ""
