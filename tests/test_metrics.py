"Metrics against cases worked by hand, on what people would throw at them."

import math

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, roc_auc_score

from mmunlearner_nb.evaluation.memorization import auc, forget_quality, model_utility
from mmunlearner_nb.evaluation.metrics import option_correct
from mmunlearner_nb.evaluation.overlap import ROUGE, bleu, corpus_bleu, rouge

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "members, others",
    [
        (RNG.normal(1, 1, 40), RNG.normal(0, 1, 60)),
        (RNG.integers(0, 4, 50), RNG.integers(0, 4, 30)),
        ([1.0], [1.0]),
    ],
    ids=["normal", "ties", "one each"],
)
def test_auc_is_the_area_that_sklearn_sums_up_under_the_curve(members, others):
    member = [1] * len(members) + [0] * len(others)
    assert auc(members, others) == pytest.approx(roc_auc_score(member, [*members, *others]))


def test_option_accuracy_is_sklearns():
    likely = [dict(zip("ABCD", -RNG.random(4), strict=True)) for _ in range(50)]
    truth = RNG.choice(list("ABCD"), 50)
    scores = [option_correct(loglik, right) for loglik, right in zip(likely, truth, strict=True)]
    chosen = [max(loglik, key=loglik.get) for loglik in likely]
    assert np.mean(scores) == accuracy_score(truth, chosen)


# answer, truth, and by hand ROUGE-1, -2 and -L: twice what is shared over what both have
SENTENCES = {
    "longer truth": (
        "Ada Baker lives in Lisbon.",  # ada baker live in lisbon
        "Ada Baker, a nurse, lives in Lisbon.",  # ada baker a nurs live in lisbon
        (2 * 5 / 12, 2 * 3 / 10, 2 * 5 / 12),
    ),
    "one word": ("chess", "chess", (1, 0, 1)),  # which holds no pair
    "silence": ("", "chess", (0, 0, 0)),
    "one word again and again": (
        "the the the the",
        "the cat is on the mat",  # two of them are there
        (2 * 2 / 10, 0, 2 * 2 / 10),
    ),
    "stems": (
        "Bakers baking",  # baker bake
        "a baker bakes",  # a baker bake
        (2 * 2 / 5, 2 * 1 / 3, 2 * 2 / 5),
    ),
}

# BLEU by hand: shares of the answer's words, pairs, triples and fours that are in the truth,
# and exp(1 - truth / answer) where the answer is the shorter, in words and points
BLEU = {
    "longer truth": math.exp(1 - 10 / 6) * (6 / 6 * 4 / 5 * 2 / 4 * 1 / 3) ** 0.25,
    "one word": 1,  # of the counts that one word has
    "silence": 0,
    # nothing of 3, 2 and 1 is counted as 1/2, 1/4 and 1/8 of one
    "one word again and again": math.exp(1 - 6 / 4) * (2 / 4 * 1 / 6 * 1 / 8 * 1 / 8) ** 0.25,
    "stems": 0,  # BLEU knows none, so no word is shared
}


@pytest.mark.parametrize("case", SENTENCES)
def test_rouge_is_what_is_counted_by_hand(case):
    answer, truth, by_hand = SENTENCES[case]
    assert rouge(answer, truth) == pytest.approx(dict(zip(ROUGE, by_hand, strict=True)))


@pytest.mark.parametrize("case", SENTENCES)
def test_bleu_is_what_is_counted_by_hand(case):
    answer, truth, _ = SENTENCES[case]
    assert bleu(answer, truth) == pytest.approx(BLEU[case])


def test_bleu_of_all_sentences_adds_up_their_counts():
    answers, truths, _ = zip(*SENTENCES.values(), strict=True)
    words = (6 + 1 + 2) / (6 + 1 + 4 + 2)
    pairs, triples, fours = 4 / (5 + 3 + 1), 2 / (4 + 2), 1 / (3 + 1)
    brevity = math.exp(1 - (10 + 1 + 1 + 6 + 3) / (6 + 1 + 0 + 4 + 2))
    by_hand = brevity * (words * pairs * triples * fours) ** 0.25
    assert corpus_bleu(answers, truths) == pytest.approx(by_hand)


def test_forget_quality_of_a_few_numbers_is_what_is_counted_by_hand():
    apart = forget_quality([1, 2, 3], [4, 5, 6])
    assert apart == pytest.approx((2 / math.comb(6, 3), 1))  # two of all ways to share six out
    # of the 70 ways to share eight out, 8 lead three or more to one side, and 8 to the other
    mixed = forget_quality([1, 2, 3, 4], [3.5, 4.5, 5, 6])
    assert mixed == pytest.approx((16 / math.comb(8, 4), 3 / 4))


def test_utility_is_the_number_of_scores_over_the_sum_of_their_inverses():
    scores = RNG.random(9)
    assert model_utility(scores) == pytest.approx(9 / sum(1 / scores))
