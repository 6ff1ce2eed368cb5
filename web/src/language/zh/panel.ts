export const panel = {
  take: {
    label: '导出与复制：{what}',
    xlsx: '下载 XLSX',
    csv: '下载 CSV',
    png: '图片 PNG',
    svg: '图片 SVG',
    api: '复制 API 调用',
    link: '复制链接',
    making: '正在生成…',
    saved: '已保存 {name}',
    failed: '没有成功：{why}',
    noChart: '这里没有图；先把数据表换回图。',
    copied: '已复制',
    byHand: '浏览器不让复制（页面没有 TLS），请手动复制：',
  },
  units: {
    label: '单位',
    energy: '能量单位',
    mass: '碳排放单位',
    why: '吨标准煤按当量值折算：1 tce = 29.3076 GJ（GB/T 2589）。已是吨标准煤的指标按各能源的折标系数计，不换算。',
  },
}
