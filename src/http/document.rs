//! What every operation of the document may answer, said in one place: no handler says it of itself.

use std::collections::BTreeMap;
use utoipa::openapi::path::{Operation, Paths};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Content, ObjectBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};

/// The model routes, whose errors have OpenAI's shape.
const FOR_MODELS: [&str; 3] = ["/v1/responses", "/v1/chat/completions", "/v1/models"];

/// The schema of their errors.
const MODEL_ERROR: &str = "ModelErrorBody";

/// An answer that many operations share: its name, its status, and what it means.
type Common = (&'static str, &'static str, &'static str);

const BAD_REQUEST: Common = ("BadRequest", "400", "A parameter or the body is not what it has to be");
const UNAUTHORIZED: Common = ("Unauthorized", "401", "No valid token, key or session");
const FORBIDDEN: Common = ("Forbidden", "403", "The role does not allow it");
/// Also of a tenant that the caller may not enter.
const NOT_FOUND: Common = ("NotFound", "404", "There is no such thing, or none that the caller may see");
const TOO_LARGE: Common = ("TooLarge", "413", "The body is too large");
const UNKNOWN_ENCODING: Common = ("UnknownEncoding", "415", "The body's encoding is not understood");
const LIMIT_REACHED: Common = ("LimitReached", "429", "A limit is reached; `retry-after` tells for how long");
const UNAVAILABLE: Common = ("Unavailable", "503", "No account can serve, for the reason told");

/// Adds the answers that follow from how a request is let in and read, where an operation does not name them itself.
pub fn add_common_answers(document: &mut OpenApi) {
    add_model_error(document);
    let mut used: BTreeMap<String, Response> = BTreeMap::new();
    for (path, operation) in operations(&mut document.paths) {
        let for_models = FOR_MODELS.iter().any(|prefix| path.starts_with(prefix));
        for (name, status, why) in answers(path, operation, for_models) {
            let (name, schema) = if for_models {
                (format!("Model{name}"), MODEL_ERROR)
            } else if is_run(path, operation) {
                (format!("Run{name}"), "RunRefusal")
            } else {
                (name.to_owned(), "ErrorBody")
            };
            let answer = RefOr::Ref(Ref::from_response_name(&name));
            operation.responses.responses.entry(status.to_owned()).or_insert(answer);
            used.entry(name).or_insert_with(|| error(why, schema));
        }
    }
    let components = document.components.get_or_insert_default();
    components.responses.extend(used.into_iter().map(|(name, response)| (name, RefOr::T(response))));
}

fn answers(path: &str, operation: &Operation, for_models: bool) -> Vec<Common> {
    let protected = operation.security.is_some();
    let has_parameters =
        path.contains('{') || operation.parameters.as_ref().is_some_and(|all| !all.is_empty());
    let has_body = operation.request_body.is_some();
    let mut all = Vec::new();
    if has_parameters || has_body {
        all.push(BAD_REQUEST);
    }
    if protected {
        all.extend([UNAUTHORIZED, FORBIDDEN, NOT_FOUND, LIMIT_REACHED]);
    }
    if has_body {
        all.push(TOO_LARGE);
        if for_models {
            all.push(UNKNOWN_ENCODING);
        }
        if for_models || is_run(path, operation) {
            all.push(UNAVAILABLE);
        }
    }
    all
}

/// Whether it runs an agent: a run that failed has the statuses of what could not begin, and tells of itself.
fn is_run(path: &str, operation: &Operation) -> bool {
    operation.request_body.is_some() && (path.ends_with("/runs") || path.ends_with("/resume"))
}

fn error(why: &str, schema: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name(schema)));
    ResponseBuilder::new().description(why).content("application/json", content).build()
}

/// `{"error": {"message", "type", "param", "code"}}`, see `openai::error::body`.
fn add_model_error(document: &mut OpenApi) {
    use utoipa::openapi::schema::{SchemaType, Type};
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let text_or_null = || ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Null]));
    let error = ObjectBuilder::new()
        .property("message", text())
        .required("message")
        .property("type", text())
        .required("type")
        .property("param", text_or_null())
        .property("code", text_or_null());
    let body = ObjectBuilder::new()
        .description(Some("An error in OpenAI's shape."))
        .property("error", error)
        .required("error")
        .build();
    let schemas = &mut document.components.get_or_insert_default().schemas;
    schemas.insert(MODEL_ERROR.to_owned(), RefOr::T(Schema::Object(body)));
}

fn operations(paths: &mut Paths) -> impl Iterator<Item = (&str, &mut Operation)> {
    paths.paths.iter_mut().flat_map(|(path, item)| {
        let all = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        all.into_iter().flatten().map(move |operation| (path.as_str(), operation))
    })
}
