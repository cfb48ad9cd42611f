//! One connection to a server: opened, asked for its tools, watched, closed.

use super::ServerTool;
use super::definition::Definition;
use super::process::Process;
use crate::domain::mcp::Reach;
use crate::domain::tool::cut_middle;
use crate::lifecycle::Tasks;
use reqwest::header::{HeaderName, HeaderValue};
use rmcp::model::{
    ClientCapabilities, ClientConfig, ClientRequest, Implementation, PaginatedRequestParams, PingRequest,
    ProtocolVersion, SubscriptionFilter,
};
use rmcp::service::{
    ClientInitializeError, NotificationContext, PeerRequestOptions, RunningService,
    RunningServiceCancellationToken, ServiceError, Subscription,
};
use rmcp::transport::streamable_http_client::{StreamableHttpClientTransportConfig, StreamableHttpError};
use rmcp::transport::{DynamicTransportError, StreamableHttpClientTransport};
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt as _, RoleClient};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// Where requests to a connected server go in.
pub(super) type Peer = rmcp::Peer<RoleClient>;

/// The most tools of one server that are read.
const MOST_TOOLS: usize = 1_000;
/// The most pages of a list that are read.
const MOST_PAGES: usize = 100;
/// The longest description of a tool, in bytes; every agent that may call it pays for it with every request.
const MOST_DESCRIPTION: usize = 8_000;
/// How long the end of a connection is waited for.
const CLOSING: Duration = Duration::from_secs(1);
/// How long a server may take to show that it is there.
const PING: Duration = Duration::from_secs(10);
/// The longest error that is kept, in bytes.
const MOST_ERROR: usize = 2_000;

/// What the gateway is to a server: a client that offers nothing but its name.
struct Client {
    changed: Arc<Notify>,
}

impl ClientHandler for Client {
    async fn on_tool_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.changed.notify_one();
    }

    fn get_info(&self) -> ClientConfig {
        let us = Implementation::new("gateway", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), us)
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }
}

/// An open connection. Dropped, it ends at once, with every process that was started for it.
pub(super) struct Connection {
    peer: Peer,
    cancel: RunningServiceCancellationToken,
    /// The end of the connection, until it came.
    ended: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    changed: Arc<Notify>,
    /// How a server of the newest protocol tells of changes.
    subscription: Option<Subscription>,
    process: Option<Process>,
}

/// How the first words are exchanged. All servers of today take the first; those that take only the newest protocol
/// refuse it with an error.
const LIFECYCLES: [fn() -> ClientLifecycleMode; 2] = [
    || ClientLifecycleMode::Initialize,
    || ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::LATEST] },
];

impl Connection {
    /// Connects, within the server's time. The error is for people and holds no secret.
    pub(super) async fn open(
        definition: &Arc<Definition>,
        http: &reqwest::Client,
        tasks: &Tasks,
    ) -> Result<Self, String> {
        let [first, second] = LIFECYCLES;
        match Self::attempt(definition, http, tasks, first()).await {
            Err(Refused::ByServer(said)) => match Self::attempt(definition, http, tasks, second()).await {
                // What it said to what most servers understand tells more.
                Err(Refused::ByServer(_)) => Err(said),
                Err(Refused::Otherwise(error)) => Err(error),
                Ok(connection) => Ok(connection),
            },
            Err(Refused::Otherwise(error)) => Err(error),
            Ok(connection) => Ok(connection),
        }
    }

    async fn attempt(
        definition: &Arc<Definition>,
        http: &reqwest::Client,
        tasks: &Tasks,
        lifecycle: ClientLifecycleMode,
    ) -> Result<Self, Refused> {
        let otherwise = |error: String| Refused::Otherwise(shown(definition, &error));
        let changed = Arc::new(Notify::new());
        let client = Client { changed: changed.clone() };
        let subscribes = matches!(lifecycle, ClientLifecycleMode::Discover { .. });
        let (opened, process) = match &definition.reach {
            Reach::Stdio { command, args, env } => {
                let (process, stdout, stdin) = Process::start(definition, command, args, env, tasks)
                    .map_err(|error| otherwise(format!("\"{command}\" can't be started: {error}")))?;
                let opening = client.serve_with_lifecycle((stdout, stdin), lifecycle);
                (timeout(definition.timeout, opening).await, Some(process))
            }
            Reach::StreamableHttp { url, headers } => {
                let mut sent = HashMap::new();
                for (name, value) in headers {
                    let header = HeaderName::try_from(name).ok().zip(header_value(value));
                    let (name, value) =
                        header.ok_or_else(|| otherwise(format!("the header {name} can't be sent")))?;
                    sent.insert(name, value);
                }
                let config = StreamableHttpClientTransportConfig::with_uri(url.as_str()).custom_headers(sent);
                let transport = StreamableHttpClientTransport::with_client(http.clone(), config);
                let opening = client.serve_with_lifecycle(transport, lifecycle);
                (timeout(definition.timeout, opening).await, None)
            }
        };
        match opened {
            Ok(Ok(service)) => Ok(Self::new(service, changed, subscribes, process).await),
            Ok(Err(ClientInitializeError::JsonRpcError(said))) => {
                let text = shown(definition, &format!("it refuses the connection: {}", said.message));
                Err(Refused::ByServer(text))
            }
            Ok(Err(error)) => {
                let error = match &error {
                    // Without the names of types.
                    ClientInitializeError::TransportError { error, .. } => transport_said(error),
                    error => chain(error),
                };
                Err(otherwise(match process {
                    // A program that ends says why on its way out.
                    Some(process) => format!("{error}; {}", process.end().await),
                    None => error,
                }))
            }
            Err(_) => {
                let error = format!("it did not answer within {} seconds", definition.timeout.as_secs());
                Err(otherwise(match process {
                    Some(process) => format!("{error}; {}", process.end().await),
                    None => error,
                }))
            }
        }
    }

    async fn new(
        service: RunningService<RoleClient, Client>,
        changed: Arc<Notify>,
        subscribes: bool,
        process: Option<Process>,
    ) -> Self {
        let (peer, cancel) = (service.peer().clone(), service.cancellation_token());
        let tells = peer.peer_info().is_some_and(|info| {
            info.capabilities.tools.as_ref().is_some_and(|tools| tools.list_changed == Some(true))
        });
        let subscription = if subscribes && tells {
            let filter = SubscriptionFilter::builder().tools_list_changed().build();
            // Without it the tools are as they were at the start.
            timeout(PING, peer.listen(filter)).await.ok().and_then(Result::ok)
        } else {
            None
        };
        let ended: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
            // It says no more than that there was an end.
            let _ = service.waiting().await;
        });
        Self { peer, cancel, ended: Some(ended), changed, subscription, process }
    }

    /// Where requests go in.
    pub(super) fn peer(&self) -> Peer {
        self.peer.clone()
    }

    /// Waits until something happens of itself.
    pub(super) async fn next(&mut self) -> Happening {
        let (subscription, ending) = (&mut self.subscription, &mut self.ended);
        let news = async {
            match subscription {
                Some(subscription) => subscription.next().await,
                None => std::future::pending().await,
            }
        };
        let ended = async {
            if let Some(ending) = ending {
                ending.await;
            }
        };
        tokio::select! {
            () = ended => {
                self.ended = None;
                Happening::Ended
            }
            () = self.changed.notified() => Happening::ToolsChanged,
            news = news => {
                if !matches!(news, Ok(Some(_))) {
                    self.subscription = None;
                }
                Happening::ToolsChanged
            }
        }
    }

    /// Ends it in good order, within bounded time; how the program ended, if there was one.
    pub(super) async fn close(self) -> Option<String> {
        let Self { cancel, ended, process, subscription, .. } = self;
        drop(subscription);
        cancel.cancel();
        // The session is given back; a program's input is closed.
        if let Some(ended) = ended
            && timeout(CLOSING, ended).await.is_err()
        {
            tracing::debug!("the connection to an MCP server did not end in time");
        }
        match process {
            Some(process) => Some(process.end().await),
            None => None,
        }
    }
}

/// All tools of the server, within its time.
pub(super) async fn tools(peer: &Peer, definition: &Definition) -> Result<Vec<ServerTool>, String> {
    let listed = timeout(definition.timeout, list_tools(peer)).await;
    match listed {
        Ok(Ok(tools)) => Ok(tools),
        Ok(Err(error)) => Err(shown(definition, &format!("its tools can't be listed: {}", said(&error)))),
        Err(_) => {
            let seconds = definition.timeout.as_secs();
            Err(format!("it did not list its tools within {seconds} seconds"))
        }
    }
}

/// Whether the server is still there. An error of its own is an answer, too.
pub(super) async fn ping(peer: &Peer, definition: &Definition) -> Result<(), String> {
    let request = ClientRequest::PingRequest(PingRequest::default());
    let options = PeerRequestOptions::with_timeout(PING);
    let asked = async {
        let handle = peer.send_request_with_option(request, options).await?;
        handle.await_response().await
    };
    match timeout(PING + CLOSING, asked).await {
        Ok(Ok(_) | Err(ServiceError::McpError(_) | ServiceError::UnexpectedResponse)) => Ok(()),
        Ok(Err(error)) => Err(shown(definition, &format!("it is gone: {}", said(&error)))),
        Err(_) => Err(format!("it did not answer within {} seconds", PING.as_secs())),
    }
}

/// What happens to a connection of itself.
pub(super) enum Happening {
    ToolsChanged,
    Ended,
}

/// Why there is no connection.
enum Refused {
    /// The server answered, and said no.
    ByServer(String),
    Otherwise(String),
}

fn header_value(value: &secrecy::SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value.expose_secret()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

async fn list_tools(peer: &Peer) -> Result<Vec<ServerTool>, ServiceError> {
    // By name, so that a server that reorders them does not cost the prompt cache.
    let mut tools = BTreeMap::new();
    let mut cursor = None;
    for _ in 0..MOST_PAGES {
        let page = peer.list_tools(Some(PaginatedRequestParams::default().with_cursor(cursor))).await?;
        for tool in page.tools {
            if tools.len() < MOST_TOOLS {
                tools.insert(tool.name.to_string(), server_tool(tool));
            }
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    Ok(tools.into_values().collect())
}

fn server_tool(tool: rmcp::model::Tool) -> ServerTool {
    let mut parameters = (*tool.input_schema).clone();
    // Models are told of objects alone; a server that leaves it out means it.
    parameters.entry("type").or_insert_with(|| Value::from("object"));
    let description = tool.description.as_deref().or(tool.title.as_deref()).unwrap_or_default();
    ServerTool {
        name: tool.name.into_owned(),
        description: cut_middle(description, MOST_DESCRIPTION),
        parameters: Value::Object(parameters),
    }
}

/// An error without the server's secrets, and not too long.
pub(super) fn shown(definition: &Definition, error: &str) -> String {
    cut_middle(&definition.redacted(error), MOST_ERROR)
}

/// Why a request failed, without the names of types.
pub(super) fn said(error: &ServiceError) -> String {
    match error {
        ServiceError::TransportSend(error) => transport_said(error),
        ServiceError::TransportClosed => "the connection was closed".to_owned(),
        error => chain(error),
    }
}

/// Why a transport failed, down to the cause that the HTTP client knows.
fn transport_said(error: &DynamicTransportError) -> String {
    match error.error.downcast_ref() {
        Some(StreamableHttpError::<reqwest::Error>::Client(error)) => chain(error),
        _ => chain(&*error.error),
    }
}

/// An error with what caused it. What a source repeats is said once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        source = error.source();
    }
    text
}
