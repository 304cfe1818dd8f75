"""Groups of a noun's rows: counted, summed and compared in one statement, by keys of their own and of what they refer to.

``period`` is the part of a date that a key goes by, ``key`` what rows can be grouped by, ``measure`` what is computed of a
group, ``shape`` the types on the wire, ``group`` what was asked, ``statement`` the SQL, ``answer`` gives the executor what is
selected.
"""

from schema.aggregate.group import Groups, groups
from schema.aggregate.shape import arguments_of, groups_of

__all__ = ["Groups", "arguments_of", "groups", "groups_of"]
