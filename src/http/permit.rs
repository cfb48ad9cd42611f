//! What a route needs, in the type of its handler: a handler gets hold of who calls by naming the permission, and then
//! runs for nobody else.
//!
//! The check is made before the rest of the request is looked at: whoever may not use a route learns nothing of what it
//! takes. What takes none of these is open to everybody; the tests hold a list of such routes, and hold every other one to
//! the permission that the document tells of it.

use super::error::ApiError;
use super::extract::{Caller, address};
use super::openai::OpenAiError;
use crate::app::App;
use crate::app::people::{ConnectPass, PeopleError};
use crate::domain::access::{Actor, Permission, Role};
use crate::domain::ids::{RequestId, TenantId};
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::StatusCode;
use axum::http::request::Parts;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

/// The token of an invitation's link.
pub const INVITATION_HEADER: &str = "x-gateway-invitation";

/// Something that a route needs of whoever asks.
pub trait Need: Send + Sync + 'static {
    /// `None`: to be somebody.
    const PERMISSION: Option<Permission>;
}

/// Whoever is signed in, or has a token or a key.
#[derive(Debug)]
pub enum SignedIn {}

impl Need for SignedIn {
    const PERMISSION: Option<Permission> = None;
}

macro_rules! needs {
    ($($permission:ident),*) => {
        $(
            #[doc = concat!("[`Permission::", stringify!($permission), "`]")]
            #[derive(Debug)]
            pub enum $permission {}

            impl Need for $permission {
                const PERMISSION: Option<Permission> = Some(Permission::$permission);
            }
        )*
    };
}

needs!(
    Read,
    UseModels,
    ManageAgents,
    ManageProviders,
    ManageTools,
    ManageKeys,
    ManageMembers,
    ReadAudit,
    ManageTenants
);

/// Somebody who may.
#[derive(Debug)]
pub struct Permitted<N> {
    caller: Caller,
    need: PhantomData<fn() -> N>,
}

impl<N> Permitted<N> {
    /// Who it is, for what goes on without the handler.
    pub fn into_caller(self) -> Caller {
        self.caller
    }
}

impl<N> Deref for Permitted<N> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

fn check<N: Need>(caller: &Caller) -> Result<(), ApiError> {
    N::PERMISSION.map_or(Ok(()), |permission| caller.require(permission))
}

impl<N: Need> FromRequestParts<Arc<App>> for Permitted<N> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let caller = Caller::of(parts, app).await?;
        check::<N>(&caller)?;
        Ok(Self { caller, need: PhantomData })
    }
}

/// Somebody who may, on a model route: refused in OpenAI's shape.
#[derive(Debug)]
pub struct ModelPermitted<N>(pub Permitted<N>);

impl<N: Need> FromRequestParts<Arc<App>> for ModelPermitted<N> {
    type Rejection = OpenAiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, OpenAiError> {
        Ok(Self(Permitted::from_request_parts(parts, app).await?))
    }
}

/// Who signs in the account of a provider.
#[derive(Clone, Debug)]
pub enum Connector {
    Caller(Caller),
    /// Whom the audit log names by the invitation.
    Invited(ConnectPass, Actor),
}

impl Connector {
    pub fn tenant(&self) -> TenantId {
        match self {
            Self::Caller(caller) => caller.tenant(),
            Self::Invited(pass, _) => pass.tenant,
        }
    }

    /// Who they are, and from where.
    pub fn actor(&self) -> &Actor {
        match self {
            Self::Caller(caller) => caller.actor(),
            Self::Invited(_, actor) => actor,
        }
    }

    /// Whether they may sign the provider in, and see what belongs to that.
    pub fn may_connect(&self) -> bool {
        match self {
            Self::Caller(caller) => caller.may(Permission::ManageProviders),
            Self::Invited(..) => true,
        }
    }

    async fn invited(token: &str, parts: &Parts, app: &App) -> Result<Self, ApiError> {
        match app.people.connect_pass(token).await {
            Ok(pass) => {
                let actor = Actor {
                    role: Role::Viewer,
                    name: format!("invitation to connect {}", pass.provider).into(),
                    from: address(parts, app),
                    request: parts.extensions.get::<RequestId>().copied(),
                    ..Actor::gateway(pass.tenant)
                };
                Ok(Self::Invited(pass, actor))
            }
            Err(PeopleError::InvalidInvitation) => {
                Err(ApiError::new(StatusCode::UNAUTHORIZED, "invalid_invitation", INVALID_INVITATION))
            }
            Err(error) => Err(error.into()),
        }
    }
}

const INVALID_INVITATION: &str =
    "this invitation is unknown, was used, has expired, or is for something else";

/// Who may sign in the account of the provider that the path names (`{provider}`): a caller with the permission, or whoever
/// has the link of an invitation to do just that.
#[derive(Debug)]
pub struct Connecting<N> {
    pub by: Connector,
    need: PhantomData<fn() -> N>,
}

impl<N: Need> FromRequestParts<Arc<App>> for Connecting<N> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let by = match parts.headers.get(INVITATION_HEADER) {
            Some(token) => {
                let token = token.to_str().map_err(|_| ApiError::unauthorized())?;
                Connector::invited(token, parts, app).await?
            }
            None => Connector::Caller(Caller::of(parts, app).await?),
        };
        match &by {
            Connector::Caller(caller) => check::<N>(caller)?,
            Connector::Invited(pass, _) => {
                // Whether there is another provider of the name asked for is not said.
                if !is_for(&pass.provider, parts).await {
                    return Err(ApiError::forbidden("this invitation is for another provider"));
                }
                if pass.used && N::PERMISSION != Some(Permission::Read) {
                    return Err(ApiError::new(
                        StatusCode::FORBIDDEN,
                        "invitation_used",
                        "an account was connected with this invitation",
                    ));
                }
            }
        }
        Ok(Self { by, need: PhantomData })
    }
}

/// Whether the path names this provider. One that names none is of the oldest one, for which nobody is invited.
async fn is_for(provider: &str, parts: &mut Parts) -> bool {
    let Ok(params) = RawPathParams::from_request_parts(parts, &()).await else { return false };
    params.iter().any(|(name, value)| name == "provider" && value == provider)
}
