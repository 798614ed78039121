"""The reader fails loudly: what a person could not do on the page, a simulated participant does not do either."""

import pytest

from studies.rehearsal.questions import PageUnexpected
from studies.rehearsal.reader import filled, read_page

TRIAL = """<html><body data-kind="trial"><main>
<form method="post" action="/s/x/"><input type="hidden" name="nonce" value="n1"><h1>Case 1</h1>
<table data-part="case"><tbody><tr><th>Texture</th><td class="value">19.4 <span>grey levels</span></td>
<td class="range"><div><span>11.0 to 24.2</span><span class="flag">above</span></div></td></tr></tbody></table>
<section data-part="advice"><span data-advice-label>malignant</span> <span data-advice-confidence>93 %</span></section>
<section data-part="explanation"><table class="bars"><caption>What pushed the AI towards malignant</caption>
<tbody><tr><th>Texture</th><td>19.4</td><td>away from malignant</td></tr></tbody></table></section>
<fieldset data-field="decision" data-kind="choice"><legend>Is it malignant?</legend>
<input type="radio" name="decision" id="a" value="b0"><label for="a"><span>benign</span><kbd>1</kbd></label>
<input type="radio" name="decision" id="b" value="m1"><label for="b"><span>malignant</span><kbd>2</kbd></label>
</fieldset>
<fieldset data-field="confidence" data-kind="percent"><legend>How sure?</legend>
<input type="range" data-slider="confidence"><input type="number" name="confidence" min="0" max="100"></fieldset>
</form></main></body></html>"""


def test_it_reads_what_stands_on_the_page() -> None:
    page = read_page(TRIAL)
    assert (page.kind, page.title, page.nonce, page.action) == ("trial", "Case 1", "n1", "/s/x/")
    assert (page.advice.label, page.advice.confidence) == ("malignant", 0.93)
    assert page.question("decision").options == (("b0", "benign"), ("m1", "malignant"))
    assert (page.panel[0].label, page.panel[0].value, page.panel[0].reference) == (
        "Texture",
        "19.4 grey levels",
        "11.0 to 24.2",
    )
    assert page.explanations[0].bars[0].towards is False


def test_it_answers_by_the_label_that_people_read() -> None:
    assert read_page(TRIAL).question("decision").value_of("Malignant") == "m1"


def test_a_field_that_is_not_on_the_page_is_refused() -> None:
    with pytest.raises(PageUnexpected, match="does not ask for 'guess'; it asks for: decision, confidence"):
        filled(read_page(TRIAL), {"guess": "b0"})


def test_an_option_that_is_not_offered_is_refused() -> None:
    with pytest.raises(PageUnexpected, match="does not offer 'benign'; it offers: b0, m1"):
        filled(read_page(TRIAL), {"decision": "benign"})


@pytest.mark.parametrize("value", ["101", "-1", "very"])
def test_a_number_out_of_its_range_is_refused(value: str) -> None:
    with pytest.raises(PageUnexpected, match="takes"):
        filled(read_page(TRIAL), {"confidence": value})


def test_hidden_fields_travel_with_the_answer() -> None:
    assert filled(read_page(TRIAL), {"decision": "m1"}) == {"nonce": "n1", "decision": "m1"}


def test_a_question_without_its_own_field_is_refused() -> None:
    with pytest.raises(PageUnexpected, match="'decision' has no field"):
        read_page(TRIAL.replace('name="decision"', 'name="other"'))


def test_an_answer_without_a_label_is_refused() -> None:
    with pytest.raises(PageUnexpected, match="has no label"):
        read_page(TRIAL.replace('for="b"', 'for="c"'))


@pytest.mark.parametrize("text", ["", "not found", "<html><body><h1>502</h1></body></html>", '{"code": "x"}'])
def test_what_is_no_page_of_a_study_is_refused(text: str) -> None:
    with pytest.raises(PageUnexpected):
        read_page(text)
