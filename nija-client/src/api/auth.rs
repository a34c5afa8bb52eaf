//! Sign-up, sign-in, sign-out.

use crate::client::{Call, Client};
use crate::error::ClientError;
use crate::session::SessionTokens;
use crate::wire::{PasswordLogin, PasswordReset, RefreshRequest, Session, User};

impl Client {
    /// Makes an account and signs in to it.
    ///
    /// # Errors
    /// A problem for an address that is taken or a password that is too weak.
    pub async fn sign_up(&self, email: &str, password: &str) -> Result<User, ClientError> {
        self.enter(&["v1", "auth", "signup"], email, password).await
    }

    /// Signs in; replaces the session that was.
    ///
    /// # Errors
    /// A problem when address and password do not match, or after too many tries.
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<User, ClientError> {
        self.enter(&["v1", "auth", "login"], email, password).await
    }

    /// Signs in with a refresh token that was kept. It is spent by this; the observer is told the next one.
    ///
    /// # Errors
    /// [`ClientError::SignedOut`] when the token is spent or revoked.
    pub async fn sign_in_with_refresh_token(&self, refresh_token: &str) -> Result<User, ClientError> {
        self.restore(SessionTokens {
            user: None,
            access_token: String::new(),
            refresh_token: Some(refresh_token.to_owned()),
            expires_in: None,
        });
        self.me().await
    }

    /// Sets a new password by a token of the server's operator; every session of the account is over then.
    ///
    /// # Errors
    /// Problems `reset_refused`, `password_weak`.
    pub async fn reset_password(&self, reset: &PasswordReset) -> Result<(), ClientError> {
        self.open_command(Call::post(&["v1", "auth", "reset"]).json(reset)?).await
    }

    /// Ends the session, here at once and at the server.
    ///
    /// # Errors
    /// When the server cannot be told; here the session is over even so.
    pub async fn sign_out(&self) -> Result<(), ClientError> {
        let session = self.session_state();
        // A refresh under way would leave a live token behind.
        let _no_refresh = session.refreshing.lock().await;
        let held = session.held();
        session.replace(None);
        let Some(refresh) = held.and_then(|held| held.refresh) else {
            return Ok(());
        };
        let body = RefreshRequest { refresh_token: refresh.to_string() };
        match self.open_command(Call::post(&["v1", "auth", "logout"]).json(&body)?).await {
            Err(error) if error.status() == Some(401) => Ok(()),
            answer => answer,
        }
    }

    /// Who is signed in.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn me(&self) -> Result<User, ClientError> {
        let user: User = self.call(Call::get(&["v1", "me"])).await?;
        self.session_state().remember_user(&user);
        Ok(user)
    }

    async fn enter(&self, path: &[&str], email: &str, password: &str) -> Result<User, ClientError> {
        let login = PasswordLogin { email: email.to_owned(), password: password.to_owned() };
        let session: Session = self.open_call(Call::post(path).json(&login)?).await?;
        let state = self.session_state();
        let _no_refresh = state.refreshing.lock().await;
        state.signed_in(&session);
        Ok(session.user)
    }
}
