// Element Plus ships a style beside each component without saying so in its types.
declare module 'element-plus/es/components/*/style/css'
