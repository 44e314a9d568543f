"""The house: notebooks as source, and whatever is made from them held in step.

files    where notebooks and modules are, and the one form in which a notebook is written
text     a notebook as text and back, ids and outputs kept
running  a notebook in a fresh kernel, and what of its outputs stays
exports  the package from the notebooks
rooms    the order of the rooms, and what each room's first notebook lists
arrows   who imports whom
style    ruff, sizes, types
readme   README.md from the front page
checks   what is out of step
"""
