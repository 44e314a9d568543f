"What takes too long for a notebook about people."

from mmunlearner_nb.town.people import make_people


def test_the_record_of_rejected_candidates_hides_nothing():
    assert make_people(0, recorded=False) == make_people(0, recorded=True)
