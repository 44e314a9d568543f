"""The lectures of nbs/course/: measured, checked, and made into what a class is given.

frame     exercises, solutions and checks, and how a lecture marks them
needs     which cell needs which
costs     what a lecture costs to run
stale     are the outputs in git those of today?
versions  student and instructor versions
slides    reveal.js pages
syllabus  the page made from all lectures
checks    what is wrong with a lecture
"""
