"""The atoms of all pages: what they say, and that nothing typed becomes markup."""

from typing import Any

import pytest
from django import forms
from django.template import engines

EVIL = "<img src=x onerror=alert(1)>\"'"


def atom(call: str, **given: Any) -> str:
    names = (
        "icon, badge, button, link_button, field, field_of, tabs, panel, empty_state, money, avatar, pager, "
        "option_chips, next_step, dwell, stat, form_errors, menu, dialog, toast, wizard, bar"
    )
    source = f'{{% from "ui/atoms.html" import {names} %}}{call}'
    return str(engines["jinja2"].from_string(source).render(given))


ATOMS = {
    "icon": "{{ icon('phone', label=evil) }}",
    "badge": "{{ badge(evil, 'late') }}",
    "button": "{{ button(evil, kind='primary', icon='plus', key='D', attrs={'title': evil}) }}",
    "link_button": "{{ link_button(evil, '/today') }}",
    "field": "{{ field('name', evil, evil, error=evil) }}{{ field('about', evil, evil, 'textarea', help=evil) }}",
    "select": "{{ field('kind', evil, evil, 'select', options=[(evil, evil)]) }}",
    "tabs": "{{ tabs([{'url': '/x', 'label': evil, 'count': 3, 'active': True}], evil) }}",
    "panel": "{% call panel(evil, 2) %}{{ evil }}{% endcall %}",
    "empty_state": "{{ empty_state(evil, evil, '/x') }}",
    "avatar": "{{ avatar('AK', evil, me=True) }}",
    "option_chips": "{{ option_chips('o', [(evil, evil)], evil, evil) }}",
    "next_step": "{{ next_step('phone', evil, '14:30', 'today') }}",
    "dwell": "{{ dwell(21, 9, evil) }}",
    "stat": "{{ stat(evil, evil) }}",
    "form_errors": "{{ form_errors([evil]) }}",
    "menu": "{{ menu(evil, [{'label': evil, 'url': '/x'}, {'label': evil, 'post': '/y'}], 'token') }}",
    "dialog": "{% call dialog(evil, evil) %}{{ evil }}{% endcall %}",
    "toast": "{{ toast(evil, '/undo/1') }}",
    "wizard": "{{ wizard([(evil, 'done'), (evil, 'now')], evil) }}",
}


@pytest.mark.parametrize("name", ATOMS)
def test_what_people_type_stays_text(name: str) -> None:
    page = atom(ATOMS[name], evil=EVIL)
    assert "&lt;img" in page
    assert "<img" not in page
    assert 'onerror=alert(1)>"' not in page


def test_a_field_names_its_error_in_place_of_the_help() -> None:
    page = atom(
        "{{ field('due', 'Due', '31 Nov', required=True, help='A day.', error='November has 30 days.') }}"
    )
    assert 'aria-invalid="true"' in page and 'aria-describedby="f-due-error"' in page
    assert "November has 30 days." in page and "A day." not in page
    assert 'for="f-due"' in page and 'id="f-due"' in page and "required" in page


def test_a_select_keeps_what_was_chosen() -> None:
    page = atom("{{ field('stage', 'Stage', 3, 'select', options=[(2, 'Two'), (3, 'Three')]) }}")
    assert '<option value="3" selected>' in page


def test_a_field_of_a_form_brings_its_own_words() -> None:
    class Shape(forms.Form):
        amount = forms.DecimalField(label="Amount", help_text="Without tax.")
        kind = forms.ChoiceField(label="Kind", choices=[("a", "First"), ("b", "Second")])

    page = atom(
        "{{ field_of(form.amount) }}{{ field_of(form.kind) }}", form=Shape({"amount": "x", "kind": "b"})
    )
    assert 'type="number"' in page and "Enter a number." in page
    assert '<option value="b" selected>' in page


def test_an_act_of_a_menu_is_a_form_with_its_token() -> None:
    page = atom(
        "{{ menu('More', [{'label': 'Delete', 'post': '/deals/1/delete', 'tone': 'late'}], 'the-token') }}"
    )
    assert 'method="post" action="/deals/1/delete"' in page and 'value="the-token"' in page


def test_attributes_of_true_stand_alone_and_none_is_left_out() -> None:
    page = atom("{{ button('Save', attrs={'data-close': True, 'title': None, 'hidden': False}) }}")
    assert " data-close>" in page and "title" not in page and "hidden" not in page


def test_icons_in_templates_are_in_the_sprite() -> None:
    import re
    from pathlib import Path

    from takt.kernel.ui.assets import ICONS

    root = Path(__file__).resolve().parents[3]
    wanted = {
        name
        for path in root.rglob("jinja2/**/*.html")
        for name in re.findall(r"""(?:icon\(|icon=|_icon\()["']([a-z0-9-]+)["']""", path.read_text("utf-8"))
        if not name.endswith("-")
    }
    assert wanted <= set(ICONS)
    assert len(ICONS) == len(set(ICONS))
