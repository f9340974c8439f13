"""How often things happen: limits and budgets of routes, in sliding windows of the store.

    rules + who asks + form values → keys (keyed digests) → windows → Reached → decide

A request that is about to be asked, or that shows a pass, is only looked up. It is charged when it
goes to the app: at the claim of what was held, or with a valid pass; and given back if nothing was
sent. So failures, challenges and what other sites make a browser send charge nothing: nobody can
use up somebody else's number without solving for each time it is used.

What can't be read without doubt (a body too large, encoded, ambiguous) counts under one key of the
route's, for every rule that needed it. Addresses and values leave as keyed digests only: numbers
are few enough to be tried one after the other, so plain hashes of them would hide nothing.
"""
