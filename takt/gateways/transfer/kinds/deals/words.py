"""The words by which files tell whether a deal is open, won or lost."""

OPEN, WON, LOST = "open", "won", "lost"
STATUS = {
    **dict.fromkeys(
        ["open", "in progress", "active", "new", "false", "открыта", "открыто", "в работе", "активна", "进行中", "跟进中", "打开"],
        OPEN,
    ),
    **dict.fromkeys(
        [
            "won", "closed won", "closedwon", "closed-won", "win", "success", "true", "выиграна", "выиграно", "выигран",
            "успешно реализовано", "успешно", "закрыта успешно", "赢单", "成交", "已成交", "赢", "成功",
        ],
        WON,
    ),
    **dict.fromkeys(
        [
            "lost", "closed lost", "closedlost", "closed-lost", "loss", "failed", "проиграна", "проиграно", "проигран",
            "закрыто и не реализовано", "отказ", "провалена", "输单", "丢单", "失败", "已丢失",
        ],
        LOST,
    ),
}  # fmt: skip
