from django.urls import path

from takt.kernel.accounts.views import entry, own, people

app_name = "accounts"
urlpatterns = [
    path("sign-in", entry.sign_in, name="sign_in"),
    path("sign-in/language", entry.choose_language, name="choose_language"),
    path("sign-out", entry.sign_out, name="sign_out"),
    path("set-up/<str:token>", entry.set_up, name="set_up"),
    path("settings", own.index, name="settings"),
    path("settings/profile", own.profile, name="profile"),
    path("settings/profile/password", own.password, name="password"),
    path("settings/tokens", own.tokens, name="tokens"),
    path("settings/tokens/<int:pk>/revoke", own.revoke_token, name="revoke_token"),
    path("settings/users", people.users, name="users"),
    path("settings/users/<int:pk>", people.user, name="user"),
    path("settings/users/<int:pk>/password", people.user_password, name="user_password"),
    path("settings/users/<int:pk>/deactivate", people.deactivate, name="deactivate"),
    path("settings/users/<int:pk>/reactivate", people.reactivate, name="reactivate"),
    path("settings/teams", people.teams, name="teams"),
    path("settings/teams/<int:pk>", people.team, name="team"),
]
