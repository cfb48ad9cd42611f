//! TLS, ended here: a certificate and its key from two files, read anew when they change.

use arc_swap::ArcSwap;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, ServerConfig, SignatureScheme};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// How often the files are looked at. They are small, and looking also sees what events do not tell: a mounted volume, a
/// link that points elsewhere.
const LOOK: Duration = Duration::from_secs(2);

/// The two files of `gateway.tls`.
#[derive(Clone, Debug)]
pub struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Why there is no TLS with these files. Nothing of their content is in it.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{} can't be read", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{} has no certificate in PEM", path.display())]
    NoCertificate { path: PathBuf },
    #[error("{} has no private key in PEM", path.display())]
    NoKey { path: PathBuf },
    #[error("{} and {} do not make a certificate with its key", certificate.display(), key.display())]
    NoPair { certificate: PathBuf, key: PathBuf, source: rustls::Error },
    #[error("TLS can't be set up")]
    Setup(#[source] rustls::Error),
}

/// The files' texts; the key's is never kept.
struct Read {
    certified: CertifiedKey,
    digest: [u8; 32],
}

async fn text(path: &Path) -> Result<Vec<u8>, TlsError> {
    tokio::fs::read(path).await.map_err(|source| TlsError::Unreadable { path: path.to_owned(), source })
}

fn chain(pem: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let none = || TlsError::NoCertificate { path: path.to_owned() };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| none())?;
    if chain.is_empty() { Err(none()) } else { Ok(chain) }
}

fn digest(certificate: &[u8], key: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(Sha256::digest(certificate))
        .chain_update(Sha256::digest(key))
        .finalize()
        .into()
}

/// A certificate that stays while its files' replacement is no valid one.
pub struct Certificate {
    files: Files,
    provider: Arc<CryptoProvider>,
    current: ArcSwap<CertifiedKey>,
    /// Of the texts looked at last, valid or not: each is judged once.
    seen: std::sync::Mutex<Option<[u8; 32]>>,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("files", &self.files).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

impl Certificate {
    /// Reads the files.
    pub async fn open(files: Files) -> Result<Arc<Self>, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let (certificate, key) = (text(&files.certificate).await?, text(&files.key).await?);
        let Read { certified, digest } = judge(&files, &certificate, &key, &provider)?;
        let current = ArcSwap::from_pointee(certified);
        Ok(Arc::new(Self { files, provider, current, seen: std::sync::Mutex::new(Some(digest)) }))
    }

    /// What a listener needs: TLS 1.2 and 1.3, HTTP/2 before HTTP/1.1.
    pub fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor, TlsError> {
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Setup)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Looks at the files again and again, until it is dropped.
    pub async fn watch(self: Arc<Self>) {
        loop {
            sleep(LOOK).await;
            self.look().await;
        }
    }

    async fn look(&self) {
        // A file that is missing for a moment is being replaced; new connections go on with what is there.
        let (Ok(certificate), Ok(key)) = (text(&self.files.certificate).await, text(&self.files.key).await)
        else {
            return;
        };
        let found = digest(&certificate, &key);
        let before = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).replace(found);
        if before == Some(found) {
            return;
        }
        match judge(&self.files, &certificate, &key, &self.provider) {
            Ok(Read { certified, .. }) => {
                self.current.store(Arc::new(certified));
                tracing::info!(certificate = %self.files.certificate.display(), "the changed certificate is in use");
            }
            Err(error) => {
                let reason = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, reason, "the changed certificate is refused; the old one stays");
            }
        }
    }
}

/// Whether the texts are a certificate and its key.
fn judge(files: &Files, certificate: &[u8], key: &[u8], provider: &CryptoProvider) -> Result<Read, TlsError> {
    let chain = chain(certificate, &files.certificate)?;
    let private =
        PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::NoKey { path: files.key.clone() })?;
    let certified = CertifiedKey::from_der(chain, private, provider).map_err(|source| TlsError::NoPair {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        source,
    })?;
    Ok(Read { certified, digest: digest(certificate, key) })
}

/// Connects to the gateway with this certificate, and with no other: whichever name it is for, and whoever signed it.
pub async fn connector(certificate: &Path) -> Result<TlsConnector, TlsError> {
    let pem = text(certificate).await?;
    let own = chain(&pem, certificate)?.remove(0);
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Setup)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Own { certificate: own, provider }))
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Trusts one certificate.
#[derive(Debug)]
struct Own {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Own {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if *end_entity == self.certificate {
            return Ok(ServerCertVerified::assertion());
        }
        Err(rustls::CertificateError::UnknownIssuer.into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
