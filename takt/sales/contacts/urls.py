from django.urls import path

from takt.sales.contacts.kinds import COMPANY, CONTACT
from takt.sales.contacts.views import card, entering, listing, merging, source_costs, standing

app_name = "contacts"
company, contact = {"of": COMPANY}, {"of": CONTACT}
urlpatterns = [
    path("settings/source-costs", source_costs.index, name="source_costs"),
    path("duplicates", merging.queue, name="duplicates"),
    path("duplicates/apart", merging.keep_apart, name="keep_apart"),
    path("duplicates/search", merging.search_again, name="search_again"),
    path("companies", listing.index, company, name="companies"),
    path("companies/new", entering.new, company, name="new_company"),
    path("companies/duplicates", entering.duplicates, company, name="company_duplicates"),
    path("companies/pick", listing.choose, company, name="pick_company"),
    path("companies/channel-row", entering.channel_row, name="channel_row"),
    path("companies/<int:pk>", card.detail, company, name="company"),
    path("companies/<int:pk>/card", card.card, company, name="company_card"),
    path("companies/<int:pk>/edit", card.edit, company, name="edit_company"),
    path("companies/<int:pk>/delete", card.delete, company, name="delete_company"),
    path("companies/<int:pk>/merge", merging.merge, company, name="merge_companies"),
    path("companies/merges/<int:merge>/undo", merging.unmerge, company, name="unmerge_companies"),
    path("companies/<int:pk>/restore", card.restore, company, name="restore_company"),
    path("companies/<int:pk>/level", standing.level, name="level"),
    path("companies/<int:pk>/classify", standing.classify, name="classify"),
    path("contacts", listing.index, contact, name="contacts"),
    path("contacts/new", entering.new, contact, name="new_contact"),
    path("contacts/duplicates", entering.duplicates, contact, name="contact_duplicates"),
    path("contacts/pick", listing.choose, contact, name="pick_contact"),
    path("contacts/<int:pk>", card.detail, contact, name="contact"),
    path("contacts/<int:pk>/move", standing.move, name="move"),
    path("contacts/<int:pk>/card", card.card, contact, name="contact_card"),
    path("contacts/<int:pk>/edit", card.edit, contact, name="edit_contact"),
    path("contacts/<int:pk>/delete", card.delete, contact, name="delete_contact"),
    path("contacts/<int:pk>/merge", merging.merge, contact, name="merge_contacts"),
    path("contacts/merges/<int:merge>/undo", merging.unmerge, contact, name="unmerge_contacts"),
    path("contacts/<int:pk>/restore", card.restore, contact, name="restore_contact"),
]
