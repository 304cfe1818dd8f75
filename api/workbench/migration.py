"""Migration as tables and a picture: who moves where, and how far both orders agree."""

from __future__ import annotations

from api.workbench.pictures import Picture, heat_map
from api.workbench.table import Head, Note, Table, count, decimal, percent, place_name
from api.workbench.view import NO_CHAMPION, View


class MigrationView(View):
    """From which tier of the champion to which of the candidate customers go."""

    def migration(self, date: str | None = None) -> Table | Note:
        """Return where the champion's customers go, with the shares of each row, and how many rise and fall."""
        found = self.figures(date).migration
        if found is None:
            return NO_CHAMPION
        heads: list[Head] = [("现行 → 草案", "champion → candidate")]
        heads += [*((place_name(name), "") for name in found.columns.names), ("合计", "all")]
        rows = [
            (place_name(name), *(f"{count(n)} ({percent(found.share(i, j))})" if n else "·"
                                 for j, n in enumerate(found.counts[i])), count(found.row_totals[i]))
            for i, name in enumerate(found.rows.names) if found.row_totals[i]
        ]  # fmt: skip
        rows.append(("合计 all", *map(count, found.column_totals), count(found.customers)))
        return Table(
            (f"等级迁移,{date or self.dates[-1]}", "migration, with shares of each row"), tuple(heads), tuple(rows)
        )

    def moves(self) -> Table | Note:
        """Return how many rise, fall, move two tiers or more, and enter or leave the tiers, on every date."""
        if self.champion is None:
            return NO_CHAMPION
        heads = (("日期", "date"), ("上升", "up"), ("下降", "down"), ("两级以上", "two tiers or more"), ("不变", "same"),
                 ("进出等级", "in or out of the tiers"), ("客户数", "customers"), ("线性加权 κ", "linear kappa"),
                 ("二次加权 κ", "quadratic kappa"), ("τ-b", "Kendall's tau-b"))  # fmt: skip
        rows = []
        for date in self.dates:
            found = self.figures(date).migration
            assert found is not None  # there is a champion
            numbers = (found.up, found.down, found.far, found.same, found.crossing, found.customers)
            agreement = (found.kappa(1), found.kappa(2), found.tau_b)
            rows.append((date, *map(count, numbers), *map(decimal, agreement)))
        return Table(("迁移概况", "moves by date"), heads, tuple(rows))

    def migration_picture(self, date: str | None = None) -> Picture | Note:
        """Draw the migration matrix; rows are the champion's tiers."""
        found = self.figures(date).migration
        if found is None:
            return NO_CHAMPION
        shares = [[float(found.share(i, j)) for j in range(len(line))] for i, line in enumerate(found.counts)]
        rows, columns = (
            [place_name(name).replace(" ", "\n") for name in side.names] for side in (found.rows, found.columns)
        )
        return heat_map(
            f"等级迁移 migration, {date or self.dates[-1]}", rows, columns, found.counts, shares,
            ("现行 champion", "草案 candidate"),
        )  # fmt: skip
