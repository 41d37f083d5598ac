//! The pages: plain ES modules and CSS, built into the binary, served under a strict policy.

use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

struct File {
    path: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

macro_rules! files {
    ($($name:literal $kind:expr;)*) => {
        &[$(File { path: concat!("/", $name), kind: $kind, bytes: include_bytes!(concat!("../web/", $name)) },)*]
    };
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

static FILES: &[File] = files! {
    "index.html" HTML;
    "icon.svg" SVG;
    "base.css" CSS;
    "share.css" CSS;
    "main.js" JS;
    "strings.js" JS;
    "ui.js" JS;
    "sha256.js" JS;
    "digest.js" JS;
    "tree.js" JS;
    "turns.js" JS;
    "link.js" JS;
    "proof.js" JS;
    "signal.js" JS;
    "peer.js" JS;
    "stats.js" JS;
    "water-line.js" JS;
    "channel-messages.js" JS;
    "share-send.js" JS;
    "share-receive.js" JS;
    "share-sending.js" JS;
    "share-receiving.js" JS;
    "transfer-view.js" JS;
    "names.js" JS;
    "save.js" JS;
    "zip.js" JS;
    "download-worker.js" JS;
};

/// Answers a request for a page or one of its parts. The caller has checked `Host` and `Origin`.
pub async fn serve(uri: Uri, headers: HeaderMap) -> Response {
    let path = if uri.path() == "/" { "/index.html" } else { uri.path() };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let mut response = match FILES.iter().find(|file| file.path == path) {
        Some(file) => ([(header::CONTENT_TYPE, file.kind)], file.bytes).into_response(),
        None => (StatusCode::NOT_FOUND, "not found\n").into_response(),
    };
    protect(response.headers_mut(), host);
    response
}

/// The headers that every answer carries: only our own scripts run, nobody frames us, nothing is told to others.
pub fn protect(headers: &mut HeaderMap, host: &str) {
    // `'self'` does not cover WebSockets in every browser. The host was checked: it holds no `;` or blank.
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; worker-src 'self'; \
         connect-src 'self' ws://{host} wss://{host}; frame-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    let policy = HeaderValue::from_str(&policy);
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        policy.unwrap_or(HeaderValue::from_static("default-src 'none'")),
    );
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-cache"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in [
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_that_a_module_imports_is_served() {
        for file in FILES.iter().filter(|file| file.kind == JS) {
            let text = std::str::from_utf8(file.bytes).unwrap();
            for import in text.lines().filter(|line| line.starts_with("import") || line.starts_with("} from"))
            {
                let Some((_, rest)) = import.split_once("'./") else { continue };
                let name = rest.split('\'').next().unwrap();
                assert!(FILES.iter().any(|file| file.path[1..] == *name), "{} imports {name}", file.path);
            }
        }
    }

    #[test]
    fn pages_hold_no_inline_script_or_style_and_set_no_html() {
        let page = std::str::from_utf8(FILES[0].bytes).unwrap();
        assert!(
            !page.contains("<style") && !page.contains(" style=") && !page.contains(" on"),
            "inline parts"
        );
        assert!(page.matches("<script").count() == page.matches("<script type=\"module\" src=").count());
        for file in FILES.iter().filter(|file| file.kind == JS) {
            let text = std::str::from_utf8(file.bytes).unwrap();
            for word in
                ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"]
            {
                assert!(!text.contains(word), "{} uses {word}", file.path);
            }
        }
    }
}
