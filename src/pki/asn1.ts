// The library registers its algorithms by decorators, so the metadata polyfill must come first.
import 'reflect-metadata';

export { AsnConvert } from '@peculiar/asn1-schema';
export { Certificate, NameConstraints, PolicyConstraints } from '@peculiar/asn1-x509';
