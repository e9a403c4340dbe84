"""`moment dishes`: what can be cooked with the coach."""

from local.command.terminal import new_table, open_console


def dishes() -> None:
    """List the dishes: their slug for --dish, their names, and the month in which each opens."""
    from knowledge_base.catalogue import load_catalogue

    console = open_console()
    table = new_table(console, "slug", "料理", "dish", "month")
    for dish in sorted(load_catalogue().dishes.values(), key=lambda dish: (dish.month_unlocked, dish.position)):
        table.add_row(dish.slug, dish.name_ja, dish.name_en, str(dish.month_unlocked))
    console.print(table)
