// Package authority is a certificate authority that lives for one run, for https on
// this machine.
package authority

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"time"

	"tokenshell/tokens"
)

// Authority has signed the certificate of one server. Nobody keeps its key.
type Authority struct {
	PEM    []byte // what a client has to trust
	Server tls.Certificate
}

// New makes an authority, and a certificate of it for an address of this
// machine and for localhost, good for a day (RFC 5280 4.1).
func New(address net.IP) (*Authority, error) {
	now := tokens.LiveClock().Now()
	certificate := func(serial int64, name string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), nil) // the system's randomness
		return &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name},
			NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), BasicConstraintsValid: true,
		}, key, err
	}
	root, rootKey, err := certificate(now.UnixNano(), "tokenshell, for one run")
	if err != nil {
		return nil, err
	}
	root.IsCA, root.MaxPathLenZero, root.KeyUsage = true, true, x509.KeyUsageCertSign
	rootDER, err := x509.CreateCertificate(nil, root, root, &rootKey.PublicKey, rootKey)
	if err != nil {
		return nil, err
	}
	leaf, leafKey, err := certificate(now.UnixNano()+1, "localhost")
	if err != nil {
		return nil, err
	}
	leaf.KeyUsage, leaf.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	leaf.DNSNames, leaf.IPAddresses = []string{"localhost"}, []net.IP{address}
	leafDER, err := x509.CreateCertificate(nil, leaf, root, &leafKey.PublicKey, rootKey)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: rootDER}); err != nil {
		return nil, err
	}
	return &Authority{PEM: text.Bytes(), Server: tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: leafKey}}, nil
}
