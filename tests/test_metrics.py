"Metrics against the well-kept library, on what people would throw at them."

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
def test_auc_is_sklearns(members, others):
    assert auc(members, others) == pytest.approx(
        roc_auc_score([1] * len(members) + [0] * len(others), [*members, *others])
    )


def test_option_accuracy_is_sklearns():
    loglik = [dict(zip("ABCD", -RNG.random(4))) for _ in range(50)]
    truth = RNG.choice(list("ABCD"), 50)
    assert np.mean([option_correct(l, t) for l, t in zip(loglik, truth)]) == accuracy_score(
        truth, [max(l, key=l.get) for l in loglik]
    )


SENTENCES = [
    ("Ada Baker lives in Lisbon.", "Ada Baker, a nurse, lives in Lisbon."),
    ("chess", "chess"),
    ("", "chess"),
    ("the the the the", "the cat is on the mat"),
    ("Bakers baking", "a baker bakes"),
]


@pytest.mark.parametrize("answer, truth", SENTENCES)
def test_rouge_is_rouge_scores(answer, truth):
    from rouge_score import rouge_scorer

    theirs = rouge_scorer.RougeScorer(list(ROUGE), use_stemmer=True).score(truth, answer)
    assert rouge(answer, truth) == {k: theirs[k].fmeasure for k in ROUGE}


def test_bleu_is_sacrebleus():
    import sacrebleu

    for a, t in SENTENCES:
        assert bleu(a, t) == pytest.approx(min(1, sacrebleu.sentence_bleu(a, [t]).score / 100))
    answers, truths = zip(*SENTENCES)
    assert corpus_bleu(answers, truths) == pytest.approx(
        sacrebleu.corpus_bleu(list(answers), [list(truths)]).score / 100
    )


def test_forget_quality_is_scipys_and_utility_the_harmonic_mean():
    from scipy.stats import hmean, ks_2samp

    a, b = RNG.lognormal(size=60), RNG.lognormal(0.5, size=60)
    assert forget_quality(a, b) == (ks_2samp(a, b).pvalue, ks_2samp(a, b).statistic)
    v = RNG.random(9)
    assert model_utility(v) == pytest.approx(hmean(v)) and model_utility(v) == pytest.approx(
        9 / sum(1 / v)
    )
