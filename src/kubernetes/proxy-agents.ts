// Loaded only where there is a proxy. A bundle gives what is in CommonJS no names when it is imported as it runs.
export { HttpProxyAgent } from 'http-proxy-agent';
export { HttpsProxyAgent } from 'https-proxy-agent';
export { SocksProxyAgent } from 'socks-proxy-agent';
