"""Accounts on the admin site: superusers open and close them, and help with lost passwords."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm

from .models import User


class NewUserForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["email"]


@admin.register(User)
class AccountAdmin(UserAdmin):  # type: ignore[type-arg]
    add_form = NewUserForm
    ordering = ["email"]
    list_display = ["email", "name", "is_staff", "is_active", "created_at"]
    list_filter = ["is_staff", "is_active"]
    search_fields = ["email", "name"]
    fieldsets = [(None, {"fields": ["email", "password", "name", "is_active", "is_staff"]})]
    add_fieldsets = [(None, {"fields": ["email", "usable_password", "password1", "password2"]})]
