"""The forms of the account pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.forms import LoginForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from collab.accounts.avatars import AvatarError, avatar_from
from collab.accounts.models import TokenScope, User

if TYPE_CHECKING:
    _UserForm = forms.ModelForm[User]
else:
    _UserForm = forms.ModelForm  # Django's class has type arguments in its stubs only

#: Days that a person can choose for a token, and what they are called.
TOKEN_DAYS = (("30", _("30 days")), ("90", _("90 days")), ("365", _("one year")))


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth is untyped
    """Signing in; the first field is called ``username``, as password managers know it."""

    def add_prefix(self, field_name: str) -> str:
        """Return the name of a field in the page."""
        return "username" if field_name == "login" else str(super().add_prefix(field_name))


class PasskeyAddForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth is untyped
    """A new passkey or security key; allauth's label of the name is in English only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")


class PasskeyNameForm(EditWebAuthnForm):  # type: ignore[misc]  # allauth is untyped
    """Another name for a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")


class ProfileForm(_UserForm):
    """How others see a person, and how they see the pages."""

    picture = forms.FileField(
        label=_("Picture"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
        help_text=_("PNG, JPEG, WebP or GIF, at most 5 MB."),
    )
    remove_picture = forms.BooleanField(label=_("Remove the picture"), required=False)

    class Meta:
        """What can be changed."""

        model = User
        fields = ("display_name", "color", "language", "theme")
        widgets = {"color": forms.TextInput(attrs={"type": "color"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["display_name"].label = _("Name")
        self.fields["display_name"].help_text = _("What others see at your caret and your words.")
        self.fields["color"].help_text = _("Of your caret and your picture.")
        self.fields["language"].choices = [  # type: ignore[attr-defined]  # a choice field
            ("", _("that of the browser")),
            *User._meta.get_field("language").choices,  # type: ignore[misc]  # there are some
        ]
        self.fields["theme"].choices = [  # type: ignore[attr-defined]  # a choice field
            ("", _("as the system")),
            *User._meta.get_field("theme").choices,  # type: ignore[misc]  # there are some
        ]
        self.initial["color"] = self.instance.shown_color

    def clean_picture(self) -> bytes | None:
        """Return the picture in the size that is kept.

        Raises:
            ValidationError: the file is no picture, or too large.
        """
        file = self.cleaned_data.get("picture")
        if not file:
            return None
        try:
            return avatar_from(file)
        except AvatarError as error:
            raise ValidationError(str(error)) from error


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(label=_("What is it for?"), max_length=80)
    scope = forms.ChoiceField(label=_("It may"), choices=TokenScope.choices)
    days = forms.ChoiceField(label=_("For how long?"), choices=TOKEN_DAYS, initial="365")


class DeleteAccountForm(forms.Form):
    """The end of an account."""

    documents = forms.ChoiceField(
        label=_("What becomes of your documents?"),
        widget=forms.RadioSelect,
        choices=(
            ("hand over", _("Somebody else becomes their owner")),
            ("delete", _("They are put in the trash, and members lose them")),
        ),
        initial="hand over",
    )
    heir = forms.CharField(
        label=_("User name or e-mail address of the new owner"), required=False, max_length=254
    )
    username = forms.CharField(label=_("Write your user name to confirm"), max_length=150)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_username(self) -> str:
        """Return the user name.

        Raises:
            ValidationError: it is another.
        """
        if self.cleaned_data["username"] != self._user.username:
            raise ValidationError(_("This is not your user name."))
        return str(self.cleaned_data["username"])
