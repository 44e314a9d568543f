"""The documentation site, built from the notebooks as they are in git.

outline    the sections, their pages and their figures
api        every public name, where it is defined and how it is called
notebook   a notebook as a page
build      all pages, and Sphinx over them
crawl      links to nowhere, and what a page would fetch from elsewhere
"""
