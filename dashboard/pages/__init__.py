"""One folder a page.

In: a viewer's scope and filters. Out: a page. Each folder states ``PAGE``; the menu, the rights and the
warming up find it. May import ``dashboard.parts``, ``metrics`` and ``surveys.desk``.
"""
