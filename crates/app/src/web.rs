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

const PERMISSIONS: &str = "permissions-policy";
const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

static FILES: &[File] = files! {
    "index.html" HTML;
    "call.html" HTML;
    "icon.svg" SVG;
    "base.css" CSS;
    "share.css" CSS;
    "call.css" CSS;
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
    "call-badge.js" JS;
    "call-chat.js" JS;
    "call-connection.js" JS;
    "call-controls.js" JS;
    "call-devices.js" JS;
    "call-files.js" JS;
    "call-grid.js" JS;
    "call-inspector.js" JS;
    "call-ladder.js" JS;
    "call-link.js" JS;
    "call-media.js" JS;
    "call-meter.js" JS;
    "call-network.js" JS;
    "call-peer.js" JS;
    "call-preview.js" JS;
    "call-quality.js" JS;
    "call-recorder.js" JS;
    "call-room.js" JS;
    "call-screen.js" JS;
    "call-silence.js" JS;
    "call-stats.js" JS;
    "call-talk.js" JS;
    "call-tile.js" JS;
    "call-trace.js" JS;
    "call-unblock.js" JS;
    "call-words.js" JS;
    "call.js" JS;
};

/// Answers a request for a page or one of its parts. The caller has checked `Host` and `Origin`.
pub async fn serve(uri: Uri, headers: HeaderMap) -> Response {
    let path = match uri.path() {
        "/" => "/index.html",
        "/call" => "/call.html",
        path => path,
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let mut response = match FILES.iter().find(|file| file.path == path) {
        Some(file) => ([(header::CONTENT_TYPE, file.kind)], file.bytes).into_response(),
        None => (StatusCode::NOT_FOUND, "not found\n").into_response(),
    };
    if path == "/call.html" {
        // The one page that may ask for them.
        let devices = HeaderValue::from_static(
            "camera=(self), microphone=(self), display-capture=(self), speaker-selection=(self), geolocation=()",
        );
        response.headers_mut().insert(PERMISSIONS, devices);
    }
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
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    let none = "camera=(), microphone=(), display-capture=(), geolocation=()";
    headers.entry(PERMISSIONS).or_insert(HeaderValue::from_static(none));
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
        for file in FILES.iter().filter(|file| file.kind == HTML) {
            let page = std::str::from_utf8(file.bytes).unwrap();
            let is_inline = ["<style", " style=", " on"].iter().any(|part| page.contains(part));
            assert!(!is_inline, "{} has inline parts", file.path);
            let scripts = page.matches("<script").count();
            assert_eq!(scripts, page.matches("<script type=\"module\" src=").count(), "{}", file.path);
        }
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
