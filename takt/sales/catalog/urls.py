from django.urls import path

from takt.sales.catalog import views

app_name = "catalog"
urlpatterns = [
    path("products", views.index, name="products"),
    path("products/new", views.new, name="new_product"),
    path("products/pick", views.choose, name="pick_product"),
    path("products/<int:pk>", views.edit, name="product"),
    path("products/<int:pk>/retire", views.retire, name="retire_product"),
    path("products/<int:pk>/revive", views.revive, name="revive_product"),
]
