"""The parts PPO is made of: the order of prompts, the average, the value model, the scorer, the rollout."""

import json
from dataclasses import replace

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch.testing import assert_close
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, PreTrainedTokenizerFast

from apps.training.domain.specs import parse_spec
from tests.rlhf import planted
from tests.rlhf.make import manifest, prompt, run_program, said, write
from tests.rlhf.tiny import tiny_model
from workers.rlhf import ppo
from workers.rlhf.language.batches import collate
from workers.rlhf.language.loading import load_tokenizer, locate
from workers.rlhf.language.render import Renderer
from workers.rlhf.learning.average import Average, put_weights
from workers.rlhf.policy.asking import Asked, prompts_of, read_prompts
from workers.rlhf.policy.critic import critic_of_policy, critic_of_reward
from workers.rlhf.policy.ppo_report import evaluated_prompts
from workers.rlhf.policy.rollout import Actors, NotOnPolicyError, check_on_policy, check_ratio, collect
from workers.rlhf.policy.sampling import seeded
from workers.rlhf.preference.scorer import load_scorer

CPU = torch.device("cpu")
SPEC = parse_spec("ppo", {"max_prompt_tokens": 20, "max_completion_tokens": 10, "batch_size": 16, "minibatch_size": 8})


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """policy/ and reward/, untrained, of about 10,000 parameters. Change nothing in them."""
    folder = tmp_path_factory.mktemp("untrained")
    planted.tiny_policy(folder / "policy", width=16)
    reward_model(folder / "reward", planted.tokenizer())
    return folder


def reward_model(folder, tokenizer):
    planted.tiny_policy(folder, width=16, seed=1)
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=1)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "manifest.json").write_text(json.dumps({"normalisation": {"zero": 0.25, "scale": 0.5}}))


@pytest.fixture
def actors(folders):
    policy = AutoModelForCausalLM.from_pretrained(folders / "policy").eval()
    reference = AutoModelForCausalLM.from_pretrained(folders / "policy").eval()
    scorer = load_scorer(locate("reward", "reward", folders), CPU)
    renderer = Renderer(load_tokenizer(locate("policy", "policy", folders)))
    return Actors(policy, reference, critic_of_reward(scorer.model, scorer.zero, scorer.scale), scorer, renderer)


def asked_of(actors, *texts):
    return [
        Asked(f"p{n}", said(text), actors.renderer.prompt_ids(said(text)), actors.renderer.prompt_ids(said(text)))
        for n, text in enumerate(texts)
    ]


# The order of prompts


def named(*uids):
    return [Asked(uid, [], [1], [1]) for uid in uids]


def test_every_prompt_is_asked_once_a_round_in_a_new_order():
    prompts = named(*"abcdefgh")
    rounds = [[one.uid for one in prompts_of(prompts, 0, start, 8)] for start in (0, 8, 16)]
    assert all(sorted(one) == list("abcdefgh") for one in rounds)
    assert len({tuple(one) for one in rounds}) == 3


def test_the_episode_number_is_the_whole_cursor():
    prompts = named(*"abcde")
    whole = prompts_of(prompts, 7, 0, 20)
    assert prompts_of(prompts, 7, 6, 9) == whole[6:15]
    assert prompts_of(prompts, 8, 0, 20) != whole


def test_a_prompt_that_fills_a_context_is_left_out(folders, actors, tmp_path):
    """The policy's context or the reward model's: with its longest reply the prompt has 8 + 10 tokens."""
    write(tmp_path / "prompts.jsonl", [prompt("a", "sun " * 5), prompt("b", "sun")])
    path, renderer = tmp_path / "prompts.jsonl", actors.renderer
    assert len(renderer.prompt_ids(said("sun " * 5))) == 8
    for contexts, count in (((18, 18), 2), ((17, 18), 1), ((18, 17), 1), ((None, None), 2)):
        prompts, left_out = read_prompts(path, SPEC, renderer, renderer, contexts)
        assert (len(prompts), sum(left_out.values())) == (count, 2 - count)


def test_few_prompts_are_evaluated_several_times_many_once():
    few, many = evaluated_prompts(named(*"abc"), SPEC), evaluated_prompts(named(*map(str, range(50))), SPEC)
    assert [len(few), len(many)] == [16, 16]
    assert {one.uid for one in few[:3]} == {"a", "b", "c"}
    assert len({one.uid for one in many}) == 16


# The average


def test_the_average_forgets_its_start_and_then_keeps_its_decay():
    model = torch.nn.Linear(1, 1, bias=False)
    put_weights(model, [torch.tensor([[0.0]])])
    average = Average(model, decay=0.5)
    put_weights(model, [torch.tensor([[1.0]])])
    seen = []
    for _ in range(9):
        average.step(model)
        seen.append(average.weights[0].item())
    # decays 2/11, 3/12, 4/13, ... and 0.5 from the eighth on, where it would be 9/18
    away = [2 / 11, 2 / 11 * 3 / 12, 2 / 11 * 3 / 12 * 4 / 13]
    assert seen[:3] == pytest.approx([1 - left for left in away])
    assert (1 - seen[8]) / (1 - seen[7]) == pytest.approx(0.5)


def test_a_decay_of_0_follows_the_model_exactly():
    model = tiny_model("llama")
    average = Average(model, decay=0.0)
    put_weights(model, [torch.randn_like(one) for one in model.parameters()])
    average.step(model)
    assert all(torch.equal(one, own) for one, own in zip(average.weights, model.parameters(), strict=True))


# The value model


def test_a_critic_of_the_reward_model_says_what_the_scorer_says_of_a_text_that_ends_here(actors):
    """Its value before a token is the normalised score of the text up to there."""
    prompt, reply = actors.renderer.prompt_ids(said("frost food")), actors.renderer.completion_ids("soup now")
    scored = actors.scorer.score([prompt], ["soup now"])[0]
    with torch.no_grad():
        values = actors.critic(collate([(prompt, [*reply, 9])], actors.renderer.pad_id))
    assert_close(values[0, -1], scored)


def test_a_critic_of_the_policy_starts_at_zero_and_learns():
    model = tiny_model("llama")
    critic = critic_of_policy(model)
    batch = collate([([3, 4], [5, 6]), ([7], [8])], 0)
    assert not critic(batch).any()
    critic(batch).sum().backward()
    assert critic.head.weight.grad.any()
    assert all(one.grad is None for one in model.parameters())  # a copy


# The scorer


def test_a_batch_scores_as_each_text_alone(actors):
    texts = ["soup", "we would like ices now", "", "broth and stew"]
    prompts = [one.ids for one in asked_of(actors, "winter", "the heat today", "sun", "please some food for july")]
    together = actors.scorer.score(prompts, texts)
    alone = [actors.scorer.score([ids], [text])[0] for ids, text in zip(prompts, texts, strict=True)]
    assert_close(together, torch.stack(alone), atol=1e-5, rtol=1e-5)
    assert len(set(together.tolist())) == 4


def test_a_text_over_the_reward_models_context_loses_its_tail_but_not_its_end(actors):
    ids = asked_of(actors, "winter")[0].ids
    room = planted.CONTEXT - len(ids)
    long, cut = " ".join(["soup"] * 80), " ".join(["soup"] * (room - 1))
    assert_close(actors.scorer.score([ids], [long]), actors.scorer.score([ids], [cut]))


# The rollout


def roll(actors, **changes):
    asked = asked_of(actors, *["winter food", "sun", "the snow and the frost", "july please"] * 4)
    return collect(actors, asked, replace(SPEC, **changes), seeded(CPU, "here"))


def test_a_reply_without_an_end_pays_the_penalty_and_only_it(actors):
    free, dear = roll(actors, missing_eos_penalty=0.0), roll(actors, missing_eos_penalty=3.0)
    ended = torch.tensor([reply.ended for reply in free.replies])
    assert ended.any()
    assert not ended.all()
    assert_close(free.rewards - dear.rewards, torch.where(ended, 0.0, 3.0))
    assert dear.measure(0.0)["eos_rate"] == ended.float().mean()


def test_the_measures_are_means_over_replies(actors):
    rollout = roll(actors)
    seen = rollout.measure(0.5)
    lengths = [len(reply.tokens) for reply in rollout.replies]
    assert seen["length"] == pytest.approx(sum(lengths) / 16)
    assert seen["reward"] == pytest.approx(float(rollout.rewards.mean()))
    assert seen["objective"] == pytest.approx(seen["reward"] - 0.5 * seen["kl"])
    assert 0 < seen["entropy"] < torch.log(torch.tensor(float(len(planted.tokenizer()))))


def test_the_same_dice_give_the_same_rollout(actors):
    assert roll(actors).texts == roll(actors).texts


def test_a_policy_that_is_its_reference_is_on_policy(actors):
    rollout = roll(actors)
    check_on_policy(rollout)
    assert rollout.kl.abs().max() < 1e-5


def test_a_reference_that_is_another_model_is_refused_at_the_start(actors):
    with torch.no_grad():
        actors.reference.model.norm.weight.mul_(1.5)
    with pytest.raises(NotOnPolicyError, match="KL to the reference"):
        check_on_policy(roll(actors))


def test_replies_from_another_distribution_are_refused_at_the_start(actors):
    rollout = roll(actors)
    for reply in rollout.replies:
        reply.logprobs = [one - 0.01 for one in reply.logprobs]
    with pytest.raises(NotOnPolicyError, match="not sampled from"):
        check_on_policy(rollout)


def test_a_first_ratio_other_than_1_is_refused():
    check_ratio(1.00001)
    with pytest.raises(NotOnPolicyError, match="ratio"):
        check_ratio(1.001)


# Tokenizers


def test_a_reward_model_with_a_tokenizer_of_its_own_crosses_at_the_text(folders, tmp_path):
    """Its vocabulary is the policy's backwards: ids mean other words, texts the same. The value model is the policy's."""
    given = tmp_path / "input"
    given.mkdir()
    (given / "policy").symlink_to(folders / "policy")
    reward_model(given / "reward", backwards())
    write(given / "prompts.jsonl", [prompt(str(n), "winter food") for n in range(4)])
    spec = {"max_prompt_tokens": 20, "max_completion_tokens": 10, "batch_size": 8, "minibatch_size": 4, "episodes": 16}
    assert run_program("ppo", ppo.run, tmp_path, **spec, device="cpu", sample_prompts=1, missing_eos_penalty=0.0) == 0
    report = manifest(tmp_path)["report"]
    assert report["value_from"] == "policy"
    sample = report["samples"][0]
    scorer = load_scorer(locate("reward", "reward", given), CPU)
    expected = scorer.score([scorer.renderer.prompt_ids(sample["messages"])], [sample["before"]])
    assert sample["reward_before"] == pytest.approx(float(expected), abs=1e-5)


def backwards() -> PreTrainedTokenizerFast:
    words = planted.tokenizer()
    vocabulary = {word: len(words) - 1 - number for word, number in words.get_vocab().items()}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made = PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", unk_token="<unk>", bos_token="<bos>", eos_token="<eos>"
    )
    made.chat_template = words.chat_template
    return made
