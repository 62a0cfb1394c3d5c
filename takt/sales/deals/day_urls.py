"""The addresses of Today, tasks and notes; the deals' `urls` takes them in."""

from django.urls import path

from takt.sales.deals.views import describing, focus, notes, tasks, today

urlpatterns = [
    path("today", today.today, name="today"),
    path("focus", focus.focus, name="focus"),
    path("focus/start", focus.start, name="focus_start"),
    path("focus/clock", focus.clock, name="focus_clock"),
    path("focus/end", focus.end, name="focus_end"),
    path("focus/<int:pk>/skip", focus.skip, name="focus_skip"),
    path("focus/<int:pk>/move", focus.move, name="focus_move"),
    path("tasks", tasks.task_list, name="tasks"),
    path("tasks/new", tasks.create_task, name="create_task"),
    path("tasks/panel", tasks.panel, name="tasks_panel"),
    path("tasks/hint", tasks.title_hint, name="title_hint"),
    path("tasks/<int:pk>", tasks.task, name="task"),
    path("tasks/<int:pk>/complete", tasks.complete_task, name="complete_task"),
    path("tasks/<int:pk>/cancel", tasks.cancel_task, name="cancel_task"),
    path("tasks/<int:pk>/edit", tasks.edit_task, name="edit_task"),
    path("tasks/<int:pk>/describe", describing.describe_action, name="describe_action"),
    path("tasks/<int:pk>/reschedule", tasks.reschedule_task, name="reschedule_task"),
    path("tasks/<int:pk>/reassign", tasks.reassign_task, name="reassign_task"),
    path("tasks/<int:pk>/delete", tasks.delete_task, name="delete_task"),
    path("tasks/<int:pk>/row", tasks.row, name="task_row"),
    path("notes", notes.add_note, name="add_note"),
    path("notes/people", notes.people, name="note_people"),
    path("notes/<int:pk>/edit", notes.edit_note, name="edit_note"),
    path("notes/<int:pk>/pin", notes.pin_note, name="pin_note"),
    path("notes/<int:pk>/delete", notes.delete_note, name="delete_note"),
]
