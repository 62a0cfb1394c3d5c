from django.urls import path

from takt.sales.contacts.views import companies, contacts

app_name = "contacts"
urlpatterns = [
    path("companies", companies.index, name="companies"),
    path("companies/new", companies.new, name="new_company"),
    path("companies/duplicates", companies.duplicates, name="company_duplicates"),
    path("companies/pick", companies.choose, name="pick_company"),
    path("companies/channel-row", companies.channel_row, name="channel_row"),
    path("companies/hand-over", companies.hand_over, name="hand_over_companies"),
    path("companies/tag", companies.tag, name="tag_companies"),
    path("companies/<int:pk>", companies.detail, name="company"),
    path("companies/<int:pk>/card", companies.card, name="company_card"),
    path("companies/<int:pk>/edit", companies.edit, name="edit_company"),
    path("companies/<int:pk>/delete", companies.delete, name="delete_company"),
    path("companies/<int:pk>/restore", companies.restore, name="restore_company"),
    path("contacts", contacts.index, name="contacts"),
    path("contacts/new", contacts.new, name="new_contact"),
    path("contacts/duplicates", contacts.duplicates, name="contact_duplicates"),
    path("contacts/pick", contacts.choose, name="pick_contact"),
    path("contacts/hand-over", contacts.hand_over, name="hand_over_contacts"),
    path("contacts/tag", contacts.tag, name="tag_contacts"),
    path("contacts/<int:pk>", contacts.detail, name="contact"),
    path("contacts/<int:pk>/card", contacts.card, name="contact_card"),
    path("contacts/<int:pk>/edit", contacts.edit, name="edit_contact"),
    path("contacts/<int:pk>/delete", contacts.delete, name="delete_contact"),
    path("contacts/<int:pk>/restore", contacts.restore, name="restore_contact"),
]
