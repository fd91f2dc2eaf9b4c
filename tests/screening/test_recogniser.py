"""A recogniser model: a real, tiny one that knows one name, run as the program it is."""

import pytest

from apps.core.domain.errors import RuleBroken
from apps.imports.models import PersonalFinding
from apps.imports.services.recogniser import Recogniser
from apps.prompts.models import Prompt
from tests.imports.sending import send

from .test_screen import bring

torch = pytest.importorskip("torch")


@pytest.fixture
def folder(settings, tmp_path):
    """BERT without a layer: the word alone decides, and `jane` is a person."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

    words = {"[UNK]": 0, "[PAD]": 1, "jane": 2, "doe": 3}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    config = BertConfig(
        vocab_size=4, hidden_size=4, num_hidden_layers=0, num_attention_heads=1, intermediate_size=4,
        max_position_embeddings=16, id2label={0: "O", 1: "B-PER", 2: "I-PER"}, label2id={"O": 0, "B-PER": 1, "I-PER": 2},
    )  # fmt: skip
    model = BertForTokenClassification(config)
    with torch.no_grad():
        for weights in model.parameters():
            weights.zero_()
        model.bert.embeddings.LayerNorm.weight.fill_(1)
        model.bert.embeddings.word_embeddings.weight[2] = torch.tensor([1.0, -1, 0, 0])
        model.bert.embeddings.word_embeddings.weight[3] = torch.tensor([-1.0, 1, 0, 0])
        model.classifier.weight[1] = torch.tensor([9.0, -9, 0, 0])
        model.classifier.weight[2] = torch.tensor([-9.0, 9, 0, 0])
        model.classifier.bias[0] = 1
    settings.RECOGNISER_FOLDERS = tmp_path / "recognisers"
    path = tmp_path / "recognisers" / "tiny"
    model.save_pretrained(path)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]").save_pretrained(path)
    return path


def test_patterns_first_then_names_in_any_window_of_a_long_text(folder):
    with Recogniser("tiny") as recogniser:
        masked = recogniser("ask jane doe , jane@corp.org")
        assert masked.text == "ask [per] , [email]"
        assert masked.found == {"email": 1, "per": 1}
        far = "word " * 100
        assert recogniser(f"{far}jane {far}").text == f"{far}[per] {far}"
        assert recogniser("").text == ""
        assert recogniser("line\nbreak jane\u2028").text == "line\nbreak [per]\u2028"


def test_an_import_with_it(project, folder):
    imported = bring(project, [{"prompt": "ask jane"}, {"prompt": "ask nobody"}], pii="mask", pii_model="tiny")
    assert imported.state == "done"
    assert imported.screened == {"pii_masked": 1, "pii_per": 1}
    assert PersonalFinding.objects.get(imported=imported).kind == "per"
    assert Prompt.objects.filter(messages__contains="ask [per]").exists()


@pytest.mark.parametrize("name", ["none", "../tiny", "/etc"])
def test_a_folder_that_is_none_is_refused_before_anything(manager, project, folder, name):
    answer = send(manager, [{"prompt": "x"}], f"?pii=mask&pii_model={name}")
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == "options.pii_model"


def test_without_torch_it_says_so(manager, project, folder, monkeypatch):
    monkeypatch.setattr("apps.imports.services.recogniser.find_spec", lambda name: None)
    answer = send(manager, [{"prompt": "x"}], "?pii=mask&pii_model=tiny")
    assert "requirements/ml.txt" in answer.json()["error"]["message"]


def test_a_model_that_cannot_be_loaded_is_said(folder):
    (folder / "config.json").write_text("{}")
    with pytest.raises(RuleBroken, match="could not be loaded"):
        Recogniser("tiny")
